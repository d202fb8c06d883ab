/*
** semihost.c - ARM's semihosting: a breakpoint that the host answers.
*/
#include <string.h>

#include "semihost.h"

enum { SYS_WRITE0 = 4, SYS_EXIT_EXTENDED = 0x20, APPLICATION_EXIT = 0x20026 };

static void ask(int what, const void *argument)
{
    register int r0 __asm__("r0") = what;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void put_text(const char *text)
{
    ask(SYS_WRITE0, text);
}

void put_number(uint32_t n)
{
    char digits[12], *at = digits + sizeof digits - 1;
    *at = '\0';
    do
        *--at = (char)('0' + n % 10);
    while (n /= 10);
    put_text(at);
}

void put_hex(uint32_t n)
{
    char digits[9];
    for (int k = 0; k < 8; k++)
        digits[k] = "0123456789abcdef"[n >> (28 - 4*k) & 15];
    digits[8] = '\0';
    put_text(digits);
}

void put_bits(const float *x, int n)
{
    for (int k = 0; k < n; k++) {
        uint32_t bits;
        memcpy(&bits, &x[k], sizeof bits);
        put_text(" ");
        put_hex(bits);
    }
}

void leave(int status)
{
    const uint32_t words[] = { APPLICATION_EXIT, (uint32_t)status };
    ask(SYS_EXIT_EXTENDED, words);
    for (;;)
        ;
}
