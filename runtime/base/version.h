/*
** version.h - the version. The line below is the only place that says it: lathe, the programs,
** the manual pages and lathe.pc take it from there.
*/
#ifndef LATHE_VERSION_H
#define LATHE_VERSION_H

#define LATHE_VERSION "0.1.0"

#endif
