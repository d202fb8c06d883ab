/*
** net_tflm.cc - TensorFlow Lite Micro: its interpreter, the operations that the model has
** (operations.inc: a call of each), an arena of ARENA bytes. The image is copied into the arena
** before anything is counted.
*/
#include <stdarg.h>
#include <string.h>

#include "net_peer.h"
#include "tensorflow/lite/micro/debug_log.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/schema/schema_generated.h"

alignas(16) static const unsigned char model[] = {
#include "model.inc"
};
alignas(16) static uint8_t arena[ARENA];

/* What a firmware that never ends has no use for: nothing is destroyed, logged or given back. */
using Resolver = tflite::MicroMutableOpResolver<OPERATIONS>;
alignas(Resolver) static uint8_t resolver_place[sizeof(Resolver)];
alignas(tflite::MicroInterpreter) static uint8_t place[sizeof(tflite::MicroInterpreter)];
static tflite::MicroInterpreter *interpreter;

extern "C" void DebugLog(const char *, va_list) {}
extern "C" int DebugVsnprintf(char *, size_t, const char *, va_list) { return 0; }
void operator delete(void *) noexcept {}
void operator delete(void *, unsigned) noexcept {}
extern "C" void abort(void) { for (;;) {} }

int peer_start(const float *image)
{
    Resolver &resolver = *new (resolver_place) Resolver;
#include "operations.inc"
    interpreter = new (place) tflite::MicroInterpreter(tflite::GetModel(model), resolver, arena,
                                                       sizeof arena);
    if (interpreter->AllocateTensors() != kTfLiteOk)
        return 1;
    memcpy(interpreter->input(0)->data.f, image, interpreter->input(0)->bytes);
    return 0;
}

int peer_run(const float *, float *scores)
{
    if (interpreter->Invoke() != kTfLiteOk)
        return 2;
    memcpy(scores, interpreter->output(0)->data.f, SCORES*sizeof(float));
    return 0;
}

uint32_t peer_arena(void)
{
    return interpreter->arena_used_bytes();
}
