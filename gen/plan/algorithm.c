/*
** algorithm.c - what people call the algorithms.
*/
#include "plan/algorithm.h"

const char *algorithm_word(enum algorithm algorithm, const struct winograd *of)
{
    static const char *const words[ALGORITHMS] = {
        [BY_NONE] = "not decided", [BY_DIRECT] = "direct", [BY_DEPTHWISE] = "depthwise",
        [BY_SCATTER] = "scatter", [BY_LISTS] = "lists", [BY_DENSE] = "dense",
        [BY_NARROW] = "narrow",
    };
    if (algorithm == BY_WINOGRAD)
        return of->step == 4 ? "Winograd F(4x4)" : "Winograd F(2x2)";
    return words[algorithm];
}
