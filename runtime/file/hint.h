/*
** hint.h - what to do with a folder or a file that holds data in a form that is not read: archives
** and compressed files, Python's and Matlab's, pictures as JPEG.
*/
#ifndef LATHE_HINT_H
#define LATHE_HINT_H

#include <stdbool.h>
#include <stddef.h>

/* True, with a message that says what to do: the folder holds something known. */
bool hint_folder(const char *dir, char *err);

/* The same of one file, which was given in place of a folder. */
bool hint_file(const char *path, char *err);

/* True, with a message that names a converter's command: the file is a picture in a form that is
** not read, as JPEG. */
bool hint_picture(const char *path, const void *bytes, size_t size, char *err);

/* visible_word into memory; what is too long is cut. */
void hint_word(char *out, size_t size, const char *word);

/* True, with a message: there is no file `path`, but a compressed one beside it. */
bool hint_compressed(const char *path, char *err);

#endif
