/* bn5: data gradient
** templates/norm/bwd.c, avx2 f32 */
static void bn5__data(const struct step *s, int item, int items, int thread)
{
    enum { X = affine2__at_y, X_IMAGE = 32, Y = bn5__at_y, Y_IMAGE = 32, DY = bn5__at_dy,
           DY_IMAGE = 32, ARGMAX = 0, ARGMAX_IMAGE = 0, DX = affine2__at_dy, DX_IMAGE = 32,
           COEFFICIENTS = bn5__at_coefficients };
    (void)items;
    (void)thread;
    bn5__image_bwd(s->arena + X + (size_t)item*X_IMAGE, s->arena + Y + (size_t)item*Y_IMAGE,
                   s->arena + DY + (size_t)item*DY_IMAGE,
                   (const unsigned char *)(s->arena + ARGMAX) + (size_t)item*ARGMAX_IMAGE,
                   s->arena + COEFFICIENTS,
                   s->arena + DX + (size_t)item*DX_IMAGE);
}

