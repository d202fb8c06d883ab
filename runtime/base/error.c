/*
** error.c - formats messages. It must never print or exit.
*/
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/visible.h"

bool error_set(char *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(err, ERR_SIZE, format, args);
    va_end(args);
    visible_line(err, ERR_SIZE);
    return false;
}
