/*
** program.c - the frame of an emitted file.
*/
/* @here banner */
#define _GNU_SOURCE     /* affinity mask, huge pages */
/* @here exact */
/* @here headers */
/* @here kernels */
/* @here models */
/* @here runtime */
