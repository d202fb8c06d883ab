// load.mjs - a network's modules, and which of them this engine can run with the program's bits.
// The Makefile copies it into the page.

// In order of speed.
const ways = {
    relaxed: "SIMD, with a fused multiply-add",
    simd: "SIMD, multiply-adds done in double",
    plain: "without SIMD",
};

// Whether f32x4.relaxed_madd is known and rounds once: (1 + x)(1 + x) - (1 + 2x) is x*x then, else
// 0. Within one engine it always does the same.
function fuses() {
    const code = Uint8Array.of(
        0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
        1, 7, 1, 0x60, 2, 0x7d, 0x7d, 1, 0x7d,                  // (f32, f32) -> f32
        3, 2, 1, 0, 7, 5, 1, 1, 0x66, 0, 0,                     // exported as f
        10, 22, 1, 20, 0, 0x20, 0, 0xfd, 0x13, 0x20, 0, 0xfd, 0x13, 0x20, 1, 0xfd, 0x13,
        0xfd, 0x85, 0x02, 0xfd, 0x1f, 0, 0x0b);                 // splats, relaxed_madd, lane 0
    if (!WebAssembly.validate(code)) return false;
    const { f } = new WebAssembly.Instance(new WebAssembly.Module(code)).exports;
    const x = 2**-12;
    return f(1 + x, -(1 + 2*x)) === x*x;
}

// A way that runs here, with its module; undefined: it does not. `part`: bytes by name.
async function loadWay(way, part) {
    if (way === "relaxed" && !fuses()) return;
    const bytes = part(way);
    if (!WebAssembly.validate(bytes)) return;
    const net = (await WebAssembly.instantiate(bytes)).instance.exports;
    const weights = part("net.weights");
    new Uint8Array(net.memory.buffer, net.weights(), weights.length).set(weights);
    return { way, net, says: ways[way] };
}

async function load(part) {
    for (const way in ways) {
        const loaded = await loadWay(way, part);
        if (loaded) return loaded;
    }
}

// For tests: a picture drawn by numbers, where the module takes it; returns its bytes.
function drawTest(net) {
    const [C, size] = [net.channels(), net.height()*net.width()];
    const to = new Uint8Array(net.memory.buffer, net.pixels(), size*C);
    for (let p = 0; p < size; p++)
        for (let c = 0; c < C; c++) to[p*C + c] = testValue(p, c);
    return to;
}

const testValue = (p, c) => (p*p*7 + p*31 + c*85) % 256;

// Its scores after a run, as bits.
function scoreBits(net) {
    const bits = [...new Uint32Array(net.memory.buffer, net.scores(), net.count())];
    return bits.map((b) => b.toString(16).padStart(8, "0")).join(" ");
}

// The bits of the test's picture in every way that runs here, a line each.
async function allBits(part) {
    let lines = "";
    for (const way in ways) {
        const loaded = await loadWay(way, part);
        if (!loaded) continue;
        drawTest(loaded.net);
        const status = loaded.net.run();
        if (status) throw new Error(`the network said ${status}`);
        lines += `${way} ${scoreBits(loaded.net)}\n`;
    }
    return lines;
}

export { load, drawTest, testValue, scoreBits, allBits };
