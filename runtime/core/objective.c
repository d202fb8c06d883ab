/*
** objective.c - the losses' words, as the network file has them.
*/
#include "core/objective.h"

const char *const objective_words[OBJECTIVES] = {
    [OBJECTIVE_SOFTMAX] = "softmax", [OBJECTIVE_SVM] = "svm", [OBJECTIVE_MSE] = "mse",
    [OBJECTIVE_MAE] = "mae", [OBJECTIVE_BCE] = "bce",
};
