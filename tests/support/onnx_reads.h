/*
** onnx_reads.h - m.onnx of the test's directory through the generator's reader.
*/
#ifndef LATHE_TEST_ONNX_READS_H
#define LATHE_TEST_ONNX_READS_H

#include <stdbool.h>

#include "exchange/onnx.h"
#include "support/onnx_bytes.h"

void store(struct bytes *model);            /* as m.onnx, and empties it */
void store_bytes(const void *bytes, size_t size);
bool reads(struct onnx_model *m);
const char *said(void);                     /* the last time, on the standard error */
void expect_error(const char *words);

#endif
