import { createPrivateKey, createPublicKey } from "node:crypto";
import { closeSync, constants, existsSync, fstatSync, openSync, readSync, type Stats } from "node:fs";

import { GradmqError } from "../errors.js";
import { readProperties } from "./property.js";

/** The three keys of a CURVE client, as Z85. */
export interface Keys {
    readonly serverKey: string;
    readonly publicKey: string;
    readonly secretKey: string;
}

const Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
const KEY_CHARACTERS = 40;
const CERTIFICATE_BYTES = 8192;
/** What stands before the 32 octets of an X25519 key in PKCS 8. */
const PKCS8 = Buffer.from("302e020100300506032b656e04220420", "hex");

/** The 32 octets of a key; undefined where the text is none. */
export function keyOctets(text: string): Buffer | undefined {
    if (text.length !== KEY_CHARACTERS) return undefined;
    const octets = Buffer.alloc((KEY_CHARACTERS / 5) * 4);
    for (let i = 0; i < KEY_CHARACTERS; i += 5) {
        let value = 0;
        for (const character of text.slice(i, i + 5)) {
            const digit = Z85.indexOf(character);
            if (digit < 0) return undefined;
            value = value * 85 + digit;
        }
        if (value >= 2 ** 32) return undefined;
        octets.writeUInt32BE(value, (i / 5) * 4);
    }
    return octets;
}

function publicOctets(secret: Buffer): Buffer {
    const key = createPrivateKey({ key: Buffer.concat([PKCS8, secret]), format: "der", type: "pkcs8" });
    return createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32);
}

/** A file in the folder in which the service manager puts what it was given for us. */
function isCredential(path: string): boolean {
    const folder = process.env.CREDENTIALS_DIRECTORY;
    return !!folder && path.startsWith(`${folder}/`) && !path.slice(folder.length).includes("/..");
}

/** Nobody but this user and root may be able to do what the bits in `denied` say. */
function checkMode(stats: Stats, denied: number, path: string, mend: string): void {
    if (stats.uid !== process.geteuid?.() && stats.uid !== 0)
        throw new GradmqError(
            "PERMISSION",
            `${path} belongs to another user, who could change it: chown it to the user that runs this, or to root`,
        );
    if (stats.mode & denied)
        throw new GradmqError(
            "PERMISSION",
            `${path} has mode ${(stats.mode & 0o7777).toString(8).padStart(4, "0")}, which lets others ` +
                `${stats.mode & denied & 0o022 ? "change" : "read"} it: chmod ${mend} ${path}`,
        );
}

function readFile(path: string, secret: boolean): string {
    let file: number;
    try {
        //  A pipe of that name must not hold us up.
        file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0));
    } catch (error) {
        throw new GradmqError("IO", `${path}: cannot open it: ${(error as Error).message}`, { cause: error });
    }
    try {
        const stats = fstatSync(file);
        if (!stats.isFile()) throw new GradmqError("FORMAT", `${path} is not a file`);
        //  Where users have no numbers, modes say nothing.
        if (process.geteuid) {
            const denied = isCredential(path) ? 0o037 : 0o077;
            checkMode(stats, secret ? denied : 0o022, path, secret ? "600" : "go-w");
        }
        const bytes = Buffer.alloc(CERTIFICATE_BYTES);
        let size = 0;
        for (let got = -1; got !== 0 && size < bytes.length; size += got)
            got = readSync(file, bytes, size, bytes.length - size, null);
        if (size === bytes.length)
            throw new GradmqError("FORMAT", `${path} is too long for a certificate, which has less`);
        return bytes.subarray(0, size).toString("utf8");
    } finally {
        closeSync(file);
    }
}

function keyFrom(values: Map<string, string>, name: string, path: string): string | undefined {
    const key = values.get(`curve/${name}`);
    //  The value is not repeated: it may be a secret.
    if (key !== undefined && !keyOctets(key))
        throw new GradmqError("FORMAT", `${path}: curve/${name} is not a key: 40 characters of Z85`);
    return key;
}

function readCertificate(
    path: string,
    secret: boolean,
): { publicKey: string; secretKey: string | undefined } {
    const values = readProperties(path, readFile(path, secret));
    const publicKey = keyFrom(values, "public-key", path);
    const secretKey = keyFrom(values, "secret-key", path);
    if (!publicKey)
        throw new GradmqError("FORMAT", `${path}: it has no curve/public-key; is it a certificate?`);
    if (secretKey && !publicOctets(keyOctets(secretKey) as Buffer).equals(keyOctets(publicKey) as Buffer))
        throw new GradmqError("FORMAT", `${path}: its public key is not that of its secret key`);
    return { publicKey, secretKey };
}

/**
 * Read the keys that the options name; undefined where they name none. Refused with ARGUMENT where one of the
 * two is missing, else with IO, FORMAT or PERMISSION.
 */
export function loadKeys(secret: string | undefined, serverKey: string | undefined): Keys | undefined {
    if (!secret && !serverKey) return undefined;
    if (!secret || !serverKey)
        throw new GradmqError(
            "ARGUMENT",
            `${secret ? "secret" : "serverKey"} is given without ${secret ? "serverKey" : "secret"}: CURVE needs ` +
                "both, this client's own certificate (`gradmq keygen NAME`) and the coordinator's public one",
        );
    const own = readCertificate(secret, true);
    if (!own.secretKey)
        throw new GradmqError(
            "FORMAT",
            `${secret} has a public key only; what is needed here is the file that ends in .secret`,
        );
    const isKey = !existsSync(serverKey) && keyOctets(serverKey);
    const server = isKey ? serverKey : readCertificate(serverKey, false).publicKey;
    return { serverKey: server, publicKey: own.publicKey, secretKey: own.secretKey };
}
