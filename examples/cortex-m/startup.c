/*
** startup.c - what a Cortex-M does before main: vectors, the floating-point unit, memory. It needs
** nothing of a particular chip.
*/
#include <stdint.h>
#include <string.h>

#include "semihost.h"

extern uint32_t stack_top[], data_start[], data_end[], data_image[], bss_start[], bss_end[];
int main(void);
void reset(void);

static void fault(void)
{
    put_text("a fault\n");
    leave(1);
}

__attribute__((section(".vectors"), used))
static void (*const vectors[16])(void) = {
    (void (*)(void))stack_top, reset, fault, fault, fault, fault, fault,
    0, 0, 0, 0, fault, fault, 0, fault, fault
};

void reset(void)
{
    volatile uint32_t *const access = (uint32_t *)0xe000ed88;       /* CPACR */
    *access |= 0xfu << 20;                  /* the floating-point unit, for all */
    __asm__ volatile("dsb\n\tisb");
    /* Subnormal numbers become 0, as in the program that was trained (FPSCR.FZ). */
    uint32_t status;
    __asm__ volatile("vmrs %0, fpscr" : "=r"(status));
    __asm__ volatile("vmsr fpscr, %0" :: "r"(status | 1u << 24));
    memcpy(data_start, data_image, (size_t)((char *)data_end - (char *)data_start));
    memset(bss_start, 0, (size_t)((char *)bss_end - (char *)bss_start));
    leave(main());
}
