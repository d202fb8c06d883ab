/*
** embed.c - a build tool: prints C that holds the files named as arguments, so
** that the lathe binary needs nothing beside it. Never linked into lathe.
*/
#include <stdio.h>

static int print_file(const char *path)
{
    FILE *f = fopen(path, "r");
    if (!f) {
        perror(path);
        return 1;
    }
    printf("    { \"%s\",\n    \"", path);
    int c;
    while ((c = getc(f)) != EOF) {
        if (c == '\n')
            fputs("\\n\"\n    \"", stdout);
        else if (c == '"' || c == '\\')
            printf("\\%c", c);
        else
            putchar(c);
    }
    puts("\" },");
    int failed = ferror(f);
    fclose(f);
    return failed;
}

int main(int argc, char **argv)
{
    puts("/* printed by gen/print/embed.c */\n#include \"print/sources.h\"\n"
         "const struct embedded_file embedded_files[] = {");
    for (int i = 1; i < argc; i++)
        if (print_file(argv[i]))
            return 1;
    printf("};\nconst int nembedded_files = %d;\n", argc - 1);
    return fflush(stdout) ? 1 : 0;
}
