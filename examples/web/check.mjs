// check.mjs PAGE.html [PICTURE] - the bits of a page's network in node, of a picture that is drawn
// by numbers, in every way that runs here; with PICTURE that is written, too, as a PPM.
import { readFileSync, writeFileSync } from "node:fs";
import { allBits, drawTest, load } from "./load.mjs";

const page = readFileSync(process.argv[2], "latin1");
const part = (name) => {
    const before = `<script type="text/plain" id="${name}">`, at = page.indexOf(before);
    if (at < 0) throw new Error(`${process.argv[2]} has no ${name}`);
    const from = at + before.length;
    return Buffer.from(page.slice(from, page.indexOf("<", from)), "base64");
};
process.stdout.write(await allBits(part));
if (process.argv[3]) {
    const { net } = await load(part), [C, H, W] = [net.channels(), net.height(), net.width()];
    const head = Buffer.from(`P${C === 1 ? 5 : 6}\n${W} ${H}\n255\n`);
    writeFileSync(process.argv[3], Buffer.concat([head, drawTest(net)]));
}
