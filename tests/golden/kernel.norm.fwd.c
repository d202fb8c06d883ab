/* bn1: forward
** templates/norm/fwd.c, avx2 f32 */
static void bn1__fwd(const struct step *s, int item, int items, int thread)
{
    enum { X = conv1__at_y, X_IMAGE = 3968, Y = bn1__at_y + 495, Y_IMAGE = 5552, ARGMAX = 0,
           ARGMAX_IMAGE = 0, COEFFICIENTS = bn1__at_coefficients, OH = 10 };
    (void)items;
    (void)thread;
    bn1__rows(s->arena + X + (size_t)item*X_IMAGE, s->arena + COEFFICIENTS,
              s->arena + Y + (size_t)item*Y_IMAGE,
              (unsigned char *)(s->arena + ARGMAX) + (size_t)item*ARGMAX_IMAGE, OH);
}

