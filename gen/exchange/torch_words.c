/*
** torch_words.c - words of Python. It must never print a name that Python reads otherwise.
*/
#include "exchange/torch_words.h"

#include <stdio.h>
#include <string.h>

#include "runtime/settings/settings.h"

static bool reserved(const char *name)
{
    /* Python's own words, what nn.Module has, and what this module has beside. */
    static const char words[] =
        "False None T_destination True add_module and apply as assert async await bfloat16 break "
        "buffers call_super_init children class compile continue cpu cuda def del double "
        "dump_patches elif else eval except extra_repr finally float for forward from get_buffer "
        "get_extra_state get_parameter get_submodule global half if import in ipu is lambda "
        "load_state_dict modules mtia named_buffers named_children named_modules named_parameters "
        "nonlocal not or parameters pass raise register_backward_hook register_buffer "
        "register_forward_hook register_forward_pre_hook register_full_backward_hook "
        "register_full_backward_pre_hook register_load_state_dict_post_hook "
        "register_load_state_dict_pre_hook register_module register_parameter "
        "register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ return "
        "set_extra_state set_submodule share_memory state_dict to to_empty train training try type "
        "while with xpu yield zero_grad prepare loss";
    return lists_word(words, name);
}

struct torch_word torch_member(const char *name)
{
    struct torch_word w;
    snprintf(w.text, sizeof w.text, reserved(name) ? "self._modules[\"%s\"]" : "self.%s", name);
    return w;
}

struct torch_word torch_number(double x)
{
    struct torch_word w;
    setting_real(x, w.text, sizeof w.text);
    return w;
}

struct torch_word torch_pair(int a, int b)
{
    struct torch_word w;
    if (a == b)
        snprintf(w.text, sizeof w.text, "%d", a);
    else
        snprintf(w.text, sizeof w.text, "(%d, %d)", a, b);
    return w;
}

void torch_option(struct text *t, const char *name, const char *value, const char *usual)
{
    if (strcmp(value, usual) != 0)
        text_printf(t, ", %s=%s", name, value);
}

bool torch_even_pads(const struct layer *l)
{
    return l->pad_top == l->pad_bottom && l->pad_left == l->pad_right;
}

/* Output beyond what the same padding on both sides leaves, or -1: only code can say it. */
static int more_output(int before, int after, int stride)
{
    return before >= after && before - after < stride ? before - after : -1;
}

bool torch_plain_deconv(const struct layer *l)
{
    return more_output(l->pad_top, l->pad_bottom, l->stride) >= 0
           && more_output(l->pad_left, l->pad_right, l->stride_w) >= 0;
}
