/*
** sources.h - the templates and the runtime's sources, which are built into lathe.
*/
#ifndef LATHE_SOURCES_H
#define LATHE_SOURCES_H

/* The text of an embedded file, "templates/conv/tile.c" or "runtime/data/data.c";
** LATHE_TEMPLATES=DIR takes templates from DIR. Dies if there is none. */
const char *embedded(const char *path);

/* embed.c's output */
struct embedded_file { const char *path, *text; };
extern const struct embedded_file embedded_files[];
extern const int nembedded_files;

#endif
