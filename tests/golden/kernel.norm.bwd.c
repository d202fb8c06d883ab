/* bn5: data gradient
** templates/norm/bwd.c, avx2 f32 */
static void bn5__data(const struct step *s, int item, int items, int thread)
{
    enum { X = 77520, X_IMAGE = 32, Y = 66848, Y_IMAGE = 32, DY = 77824, DY_IMAGE = 32,
           DX = 78128, DX_IMAGE = 32, COEFFICIENTS = 208288 };
    (void)items;
    (void)thread;
    bn5__image_bwd(s->arena + X + (size_t)item*X_IMAGE, s->arena + Y + (size_t)item*Y_IMAGE,
                   s->arena + DY + (size_t)item*DY_IMAGE, s->arena + COEFFICIENTS,
                   s->arena + DX + (size_t)item*DX_IMAGE);
}

