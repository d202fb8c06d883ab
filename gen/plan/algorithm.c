/*
** algorithm.c - what people call the algorithms.
*/
#include "plan/algorithm.h"

const char *algorithm_word(enum algorithm algorithm, const struct winograd *of)
{
    static const char *const words[ALGORITHMS] = {
        [BY_NONE] = "not decided", [BY_DIRECT] = "direct", [BY_DEPTHWISE] = "depthwise",
        [BY_SCATTER] = "scatter", [BY_LISTS] = "lists", [BY_DENSE] = "dense",
        [BY_NARROW] = "narrow", [BY_PICKED] = "picked",
    };
    static const char *const winograd[WINOGRAD_STEP][WINOGRAD_STEP] = {
        { "Winograd F(1x1)", "Winograd F(1x2)", "Winograd F(1x3)", "Winograd F(1x4)" },
        { "Winograd F(2x1)", "Winograd F(2x2)", "Winograd F(2x3)", "Winograd F(2x4)" },
        { "Winograd F(3x1)", "Winograd F(3x2)", "Winograd F(3x3)", "Winograd F(3x4)" },
        { "Winograd F(4x1)", "Winograd F(4x2)", "Winograd F(4x3)", "Winograd F(4x4)" },
    };
    if (algorithm == BY_WINOGRAD)
        return winograd[of->side_h - 3][of->side_w - 3];
    return words[algorithm];
}
