"""cc.py ARGUMENTS... - the C compiler, which compiles a text only once: what came of it, by the
text after the preprocessor and the flags, lies in one of the directories of MUTANTS_MEMO, joined by
colons, and comes to lie in the last. Several sources in one command are compiled one by one and
linked. What is no silent compilation of C files is the compiler's own.
"""
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

COMPILER = os.environ.get("MUTANTS_CC", "gcc")
APART = re.compile(r"-E|-S|-M|-MM|-x.*|-|-v|-###|-fsyntax-only|--version|-dump.*|-print.*"
                   r"|-fprofile.*|--coverage|-save-temps.*|-ftest.*|-g?split.*|-flto.*|@.*")
WITH_VALUE = {"-o", "-include", "-I", "-D", "-U", "-MF", "-MT", "-MQ", "-isystem", "-Xlinker", "-L",
              "-T", "-u", "-z", "-idirafter", "-iquote", "-imacros", "-l"}
DEPENDS = {"-MMD", "-MD", "-MP"}
LINKED = ("-l", "-L", "-Wl,", "-Xlinker", "-shared", "-static", "-T", "-u", "-z", "-rdynamic")


def parse(arguments):
    """Sources, objects, flags of compilation, of dependencies, of linking, the output."""
    of = {"sources": [], "compile": [], "depend": [], "link": [], "out": None, "whole": True}
    at = 0
    while at < len(arguments):
        word, value = arguments[at], []
        if word in WITH_VALUE:
            value = arguments[at + 1:at + 2]
            at += 1
        if APART.fullmatch(word):
            of["whole"] = False
        if word == "-o":
            of["out"] = value[0] if value else None
        elif word.startswith("-M"):
            of["depend"] += [word] + value
        elif word == "-c":
            of["object"] = True
        elif word.startswith(LINKED):
            of["link"] += [word] + value
        elif word.startswith("-"):
            of["compile"] += [word] + value
            of["link"] += [word] + value if word[:2] in ("-O", "-g", "-f", "-m", "-p") else []
        elif word.endswith(".c"):
            of["sources"].append(word)
            of["link"].append(word)
        else:
            of["link"].append(word)
        at += 1
    return of


def stamps(paths):
    return [[path, os.stat(path).st_mtime_ns, os.stat(path).st_size] for path in paths]


def unread(note):
    """The object that a note names, if all that it was made of is as it was; else None."""
    try:
        with open(note) as f:
            path, made_of = json.load(f)
        return path if stamps(m[0] for m in made_of) == made_of and os.path.exists(path) else None
    except (OSError, ValueError):
        return None


def compiled(source, of, directories, depend):
    """The path of its object; None: it is not to be kept."""
    command = " ".join([COMPILER, *of["compile"]])
    name = hashlib.sha256(f"{os.getcwd()} {command} {source}".encode()).hexdigest() + ".json"
    # The preprocessor itself takes longer than all else: not even that where nothing has changed.
    noted = not depend and not os.path.isabs(source)
    for directory in directories if noted else []:
        path = unread(f"{directory}/{name}")
        if path:
            return path
    rules = f"{directories[-1]}/{os.getpid()}.d"
    made = subprocess.run([COMPILER, *of["compile"], *(depend or ["-MD", "-MF", rules]), "-E",
                           source], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    made_of = []
    if not depend and os.path.exists(rules):
        with open(rules) as f:
            made_of = f.read().replace("\\\n", " ").partition(": ")[2].split()
        os.unlink(rules)
    if made.returncode or made.stderr:
        return None
    text = re.sub(rb"(?m)^# \d+ .*\n", b"", made.stdout)
    path, directory = of_text(command, text, source, of, directories)
    if path and noted:
        with open(f"{directory}/{name}.{os.getpid()}", "w") as f:
            json.dump([path, stamps(made_of)], f)
        os.rename(f.name, f"{directory}/{name}")
    return path


def of_text(command, text, source, of, directories):
    """The object and the directory in which it is; None: it is not to be kept."""
    key = hashlib.sha256(command.encode() + b"\n" + text).hexdigest()
    for directory in directories:
        path = f"{directory}/{key[:2]}/{key}.o"
        if os.path.exists(path):
            return path, directory
    own = f"{path}.{os.getpid()}"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    made = subprocess.run([COMPILER, *of["compile"], "-c", source, "-o", own],
                          stderr=subprocess.PIPE)
    if made.returncode or made.stderr:
        if os.path.exists(own):
            os.unlink(own)
        return None, directory
    os.rename(own, path)
    return path, directory


def main():
    directories, arguments = os.environ.get("MUTANTS_MEMO", ""), sys.argv[1:]
    of = parse(arguments)
    apart = not directories or not of["whole"] or not of["sources"] or not of["out"] \
        or ("object" in of and len(of["sources"]) > 1)
    objects = {}
    if not apart:
        depend = of["depend"]
        if "-MMD" in depend and "-MF" not in depend:
            depend = depend + ["-MF", re.sub(r"\.o$", "", of["out"]) + ".d", "-MT", of["out"]]
        for source in of["sources"]:
            objects[source] = compiled(source, of, directories.split(":"), depend)
            apart = apart or not objects[source]
    if apart:
        os.execvp(COMPILER, [COMPILER, *arguments])
    if "object" in of:
        if os.path.exists(of["out"]):
            os.unlink(of["out"])
        shutil.copyfile(objects[of["sources"][0]], of["out"])
        return
    os.execvp(COMPILER, [COMPILER, *(objects.get(word, word) for word in of["link"]),
                         "-o", of["out"]])


main()
