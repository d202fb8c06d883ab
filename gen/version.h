/*
** version.h - the version, in one place.
*/
#ifndef LATHE_VERSION_H
#define LATHE_VERSION_H

#define LATHE_VERSION "0.1.0"

#endif
