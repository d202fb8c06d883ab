/*
** synonyms.c - tables of words. They must never be accepted: only pointed out.
*/
#include "base/synonyms.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

enum { SYNONYMS_WORD = 64 };

static const struct synonym synonyms_options[] = {
    { "--lr", "learningrate learnrate baselr initiallr eta stepsize" },
    { "--lr-decay", "gamma lrgamma learningratedecay" },
    { "--batch", "batchsize minibatch minibatchsize bs b" },
    { "--epochs", "epoch nepochs numepochs maxepochs e" },
    { "--iterations", "iters maxiter maxiters maxiterations maxsteps numsteps steps" },
    { "--optimizer", "optimiser optim opt solver" },
    { "--reg", "l2 l2reg regularization regularisation lambda decay wd" },
    { "--schedule", "scheduler lrscheduler lrschedule lrpolicy" },
    { "--warmup", "warmupepochs warmupsteps" },
    { "--threads", "workers numworkers numthreads nthreads jobs j cores" },
    { "--pin", "affinity cpuaffinity bind bindto pinthreads threadaffinity" },
    { "--data", "dataset datadir datapath dataroot traindata input" },
    { "--params", "weights model modelpath load loadfrom save savepath savedir output out o "
      "pretrained" },
    { "--checkpoint", "ckpt checkpointpath checkpointdir" },
    { "--checkpoint-every", "saveevery saveinterval savefreq" },
    { "--resume", "resumefrom continue restore" },
    { "--from", "pretrain finetune finetunefrom initfrom initialweights initialcheckpoint "
      "warmstart startfrom" },
    { "--seed", "manualseed randomseed randomstate" },
    { "--clip", "gradclip clipnorm clipgrad gradientclip maxgradnorm clipgradnorm" },
    { "--patience", "earlystop earlystopping" },
    { "--average", "ema swa" },
    { "--print-every", "loginterval logevery printfreq displayinterval logfreq" },
    { "--check-every", "evalevery evalinterval valinterval validateevery" },
    { "--train-samples", "limit nsamples maxsamples numsamples trainsize subset" },
    { "--val-samples", "valsize valsplit validationsplit nval" },
    { "--quiet", "silent q" },
    { "--history", "log logfile csv csvlog" },
    { "--split", "set subset partition" },
};

const char *synonym_of(const struct synonym *table, int count, const char *word)
{
    char plain[SYNONYMS_WORD];
    size_t n = 0;
    for (; *word && *word != '=' && n < sizeof plain - 1; word++)
        if (isalnum((unsigned char)*word))
            plain[n++] = (char)tolower((unsigned char)*word);
    for (int k = 0; k < count && n; k++)
        for (const char *s = table[k].others; *s; s += *s == ' ') {
            size_t length = strcspn(s, " ");
            if (length == n && memcmp(s, plain, n) == 0)
                return table[k].ours;
            s += length;
        }
    return NULL;
}

const char *synonym_option(const char *word)
{
    return synonym_of(synonyms_options, sizeof synonyms_options/sizeof *synonyms_options, word);
}
