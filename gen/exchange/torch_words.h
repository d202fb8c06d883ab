/*
** torch_words.h - names, numbers and arguments of Python, as a module of PyTorch has them.
*/
#ifndef LATHE_TORCH_WORDS_H
#define LATHE_TORCH_WORDS_H

#include "base/net.h"
#include "base/text.h"

struct torch_word { char text[NAME_MAX_LEN + 32]; };

/* A module's member: self.conv1, whatever Python or nn.Module call so themselves. */
struct torch_word torch_member(const char *name);

struct torch_word torch_number(double x);
struct torch_word torch_pair(int a, int b);     /* "3", or "(3, 5)" */

/* ", NAME=VALUE", unless it is what PyTorch takes. */
void torch_option(struct text *t, const char *name, const char *value, const char *usual);

/* What PyTorch's convolutions can say: the same zeros before and after; of a deconv that, and a
** few values more after. Else it is code. */
bool torch_even_pads(const struct layer *l);
bool torch_plain_deconv(const struct layer *l);

#endif
