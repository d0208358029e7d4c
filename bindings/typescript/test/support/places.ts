import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The package's folder; the tests run from `out/test/...` in it. */
export const packageFolder = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");
/** The project's folder. */
export const root = join(packageFolder, "..", "..");
/** Where `gradmqd` and `gradmq` are. */
export const bin = process.env.GRADMQ_BIN ?? join(root, "build", "bin");
