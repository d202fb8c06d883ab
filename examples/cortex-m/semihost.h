/*
** semihost.h - text and the exit status to whoever runs the firmware: QEMU, or a debugger.
*/
#ifndef SEMIHOST_H
#define SEMIHOST_H

#include <stdint.h>

void put_text(const char *text);
void put_number(uint32_t n);
void put_hex(uint32_t n);
void put_bits(const float *x, int n);       /* " 3f800000", of each */
void leave(int status) __attribute__((noreturn));

#endif
