/*
** state.h - included before all of lathe's sources: what they keep in variables lies in two
** sections, which fuzz.c puts back after each input. What a cache points to is gone by then.
*/
#pragma clang section bss = "fuzz_bss" data = "fuzz_data"
