// check.mjs NET.wasm [PICTURE] - the bits of the network's scores in node, of a picture that is
// drawn by numbers; with PICTURE that is written, too, as a PPM.
import { readFileSync, writeFileSync } from "node:fs";

const net = (await WebAssembly.instantiate(readFileSync(process.argv[2]))).instance.exports;
const [C, H, W, N] = [net.channels(), net.height(), net.width(), net.count()];
const to = new Uint8Array(net.memory.buffer, net.pixels(), H*W*C);
for (let p = 0; p < H*W; p++)
    for (let c = 0; c < C; c++) to[p*C + c] = (p*p*7 + p*31 + c*85) % 256;
if (process.argv[3])
    writeFileSync(process.argv[3],
                  Buffer.concat([Buffer.from(`P${C === 1 ? 5 : 6}\n${W} ${H}\n255\n`), to]));
const status = net.run();
if (status) throw new Error(`the network said ${status}`);
const bits = new Uint32Array(net.memory.buffer, net.scores(), N);
console.log([...bits].map((b) => b.toString(16).padStart(8, "0")).join(" "));
