/*
** markup.c - pages that are one file: no script, no font, nothing that is fetched. It
** must never print a text from outside without escaping it.
*/
#include "page/markup.h"

#include "base/visible.h"

/* Okabe and Ito's colours, told apart by colour-blind eyes; in the dark their light ones. */
const char markup_colors[] =
    ":root{color-scheme:light dark;--page:#f6f7f5;--card:#fff;--ink:#1c2127;--soft:#59636e;"
    "--line:#dfe3e0;--c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#b3568f;--c4:#8a6d00;"
    "--bad:#b3261e}\n"
    "@media screen and (prefers-color-scheme:dark){:root{--page:#12161a;--card:#1b2127;"
    "--ink:#e7ebee;--soft:#9ca7b1;--line:#323b44;--c0:#56b4e9;--c1:#f0913d;--c2:#2bc49a;"
    "--c3:#d997bd;--c4:#e0c04a;--bad:#ff8a80}}\n"
    "@media print{:root{color-scheme:light;--page:#fff}}\n";

static const char markup_style[] =
    "*{box-sizing:border-box}"
    "body{margin:0;background:var(--page);color:var(--ink);"
    "font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}\n"
    "main{max-width:1120px;margin:0 auto;padding:28px 20px 40px}"
    "h1{font-size:1.7rem;line-height:1.2;margin:0}"
    "h2{font-size:1rem;margin:0 0 10px}.wide+*{margin-top:14px}"
    "p{margin:4px 0 10px}.soft,small{color:var(--soft)}\n"
    ".card{background:var(--card);border:1px solid var(--line);border-radius:10px;"
    "padding:14px 16px;margin:14px 0 0;min-width:0}"
    ".grid{display:grid;gap:14px;margin-top:14px;"
    "grid-template-columns:repeat(auto-fit,minmax(min(100%,430px),1fr))}.grid .card{margin:0}\n"
    ".tiles{display:grid;gap:10px;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));"
    "margin-top:18px}.tile{background:var(--card);border:1px solid var(--line);border-radius:10px;"
    "padding:10px 14px}.tile b{display:block;font-size:1.3rem;line-height:1.35}"
    ".tile span{color:var(--soft);font-size:.85rem}\n"
    ".wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums;"
    "font-size:.87rem}th{font-weight:600;color:var(--soft)}th,td{padding:3px 9px;text-align:right;"
    "white-space:nowrap}th:first-child,td:first-child,.l{text-align:left}"
    "tbody tr{border-top:1px solid var(--line)}\n"
    "summary{cursor:pointer;font-weight:600}details[open] summary{margin-bottom:10px}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--page);padding:10px 12px;"
    "border-radius:8px;margin:6px 0 12px;font-size:.87rem}svg{display:block}\n"
    "@media(max-width:600px){main{padding:18px 10px}.card{padding:10px}th,td{padding:3px 6px}"
    ".tiles{grid-template-columns:1fr 1fr}}\n"
    "@media print{html,body{font-size:11px}.wide{overflow:visible}main{max-width:none;padding:0}"
    "*{print-color-adjust:exact;-webkit-print-color-adjust:exact}"
    ".grid{grid-template-columns:1fr 1fr}.tiles{grid-template-columns:repeat(6,1fr)}"
    ".tile b{font-size:1rem}.grid .card,.tile,tr,figure{break-inside:avoid}"
    "h2,summary{break-after:avoid}"
    "details::details-content{content-visibility:visible;display:block}}\n";

void markup_text(FILE *out, const char *text)
{
    char room[5];
    int length;
    for (const char *s; (s = visible_piece(&text, &length, room)) != NULL;)
        for (; length > 0; s++, length--)
            switch (*s) {
            case '&':  fputs("&amp;", out); break;
            case '<':  fputs("&lt;", out); break;
            case '>':  fputs("&gt;", out); break;
            case '"':  fputs("&quot;", out); break;
            case '\'': fputs("&#39;", out); break;
            default:   putc(*s, out);
            }
}

void markup_count(FILE *out, double n)
{
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%.0f", n);
    for (int k = 0; k < length && k < (int)sizeof digits - 1; k++) {
        if (k > 0 && (length - k) % 3 == 0)
            putc(',', out);
        putc(digits[k], out);
    }
}

void markup_short(FILE *out, double n)
{
    static const char *const units[] = { "", " k", " M", " G", " T" };
    int unit = 0;
    for (; n >= 999.5 && unit < 4; unit++)
        n /= 1000;
    fprintf(out, "%.3g%s", n, units[unit]);
}

void markup_open(FILE *out, const char *title, int refresh, const char *more)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<link rel=\"icon\" href=\"data:,\">\n", out);
    if (refresh)
        fprintf(out, "<meta http-equiv=\"refresh\" content=\"%d\">\n", refresh);
    fputs("<title>", out);
    markup_text(out, title);
    fprintf(out, "</title>\n<style>\n%s%s%s</style>\n</head>\n<body>\n<main>\n", markup_colors,
            markup_style, more);
}

void markup_close(FILE *out)
{
    fputs("</main>\n</body>\n</html>\n", out);
}

void markup_tile(FILE *out, const char *value, const char *what)
{
    fprintf(out, "<div class=\"tile\"><b>%s</b><span>%s</span></div>\n", value, what);
}
