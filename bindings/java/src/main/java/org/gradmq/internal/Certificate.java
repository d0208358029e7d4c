package org.gradmq.internal;

import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.zeromq.ZMQ;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.spec.NamedParameterSpec;
import java.security.spec.XECPrivateKeySpec;
import java.security.spec.XECPublicKeySpec;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

import javax.crypto.KeyAgreement;

/** Keys for CURVE, from certificate files: PROTOCOL.md, section 20. */
public final class Certificate {
    private static final int BYTES_MAX = 8192;
    private static final int KEY_CHARACTERS = 40;
    private static final String Z85 =
            "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
    private static final BigInteger BASE_POINT = BigInteger.valueOf(9);
    private static final Set<PosixFilePermission> OTHERS_WRITE =
            EnumSet.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);
    private static final Set<PosixFilePermission> OTHERS =
            EnumSet.of(
                    PosixFilePermission.GROUP_READ,
                    PosixFilePermission.GROUP_WRITE,
                    PosixFilePermission.GROUP_EXECUTE,
                    PosixFilePermission.OTHERS_READ,
                    PosixFilePermission.OTHERS_WRITE,
                    PosixFilePermission.OTHERS_EXECUTE);

    private final String publicKey;
    private final byte[] secret;

    private Certificate(String publicKey, byte[] secret) {
        this.publicKey = publicKey;
        this.secret = secret;
    }

    private static GradmqException refuse(ErrorCode code, String text) {
        return GradmqException.of(code, text);
    }

    /** A certificate with its secret key; IO, FORMAT, PERMISSION. */
    static Certificate loadSecret(Path path) {
        boolean credential = isCredential(path);
        Set<PosixFilePermission> denied = EnumSet.copyOf(OTHERS);
        if (credential) {
            denied.remove(PosixFilePermission.GROUP_READ);
        }
        Certificate own = read(path, denied, "600");
        if (own.secret == null) {
            throw refuse(
                    ErrorCode.FORMAT,
                    path
                            + " has a public key only; what is needed here is the file that ends in"
                            + " .secret");
        }
        return own;
    }

    /** The public key of a file, or the key itself as Z85; IO, FORMAT, PERMISSION. */
    static String serverKey(String text) {
        if (isKey(text) && !exists(text)) {
            return text;
        }
        return read(Path.of(text), OTHERS_WRITE, "go-w").publicKey;
    }

    private static boolean exists(String text) {
        try {
            return Files.exists(Path.of(text));
        } catch (java.nio.file.InvalidPathException e) {
            return false;
        }
    }

    static boolean isKey(String text) {
        return text.length() == KEY_CHARACTERS
                && text.chars().allMatch(c -> Z85.indexOf(c) >= 0)
                && ZMQ.Curve.z85Decode(text) != null;
    }

    //  The service manager lets nobody else into that folder.
    private static boolean isCredential(Path path) {
        String folder = System.getenv("CREDENTIALS_DIRECTORY");
        return folder != null
                && !folder.isEmpty()
                && path.toAbsolutePath().normalize().startsWith(Path.of(folder));
    }

    private static Certificate read(Path path, Set<PosixFilePermission> denied, String mend) {
        try {
            if (!Files.exists(path)) {
                throw refuse(ErrorCode.IO, path + ": cannot open it: there is no such file");
            }
            if (!Files.isRegularFile(path)) {
                throw refuse(ErrorCode.FORMAT, path + " is not a file");
            }
            checkMode(path, denied, mend);
            if (Files.size(path) >= BYTES_MAX) {
                throw refuse(ErrorCode.FORMAT, path + " is too long for a certificate");
            }
            byte[] bytes = Files.readAllBytes(path);
            String text = new String(bytes, StandardCharsets.UTF_8);
            Arrays.fill(bytes, (byte) 0);
            return parse(path.toString(), text);
        } catch (IOException e) {
            throw new GradmqException(
                    ErrorCode.IO, path + ": cannot read it: " + e.getMessage(), e);
        }
    }

    private static void checkMode(Path path, Set<PosixFilePermission> denied, String mend)
            throws IOException {
        if (!Files.getFileStore(path).supportsFileAttributeView("posix")) {
            return;
        }
        int owner = (Integer) Files.getAttribute(path, "unix:uid");
        Path self = Path.of("/proc/self");
        int user = Files.exists(self) ? (Integer) Files.getAttribute(self, "unix:uid") : owner;
        if (owner != user && owner != 0) {
            throw refuse(
                    ErrorCode.PERMISSION,
                    path
                            + " belongs to another user, who could change it: chown it to the user"
                            + " that runs this, or to root");
        }
        Set<PosixFilePermission> mode = Files.getPosixFilePermissions(path);
        if (mode.stream().anyMatch(denied::contains)) {
            throw refuse(
                    ErrorCode.PERMISSION,
                    path
                            + " has mode "
                            + PosixFilePermissions.toString(mode)
                            + ", which lets others at it: chmod "
                            + mend
                            + " "
                            + path);
        }
    }

    /** A certificate from text; FORMAT. */
    static Certificate parse(String file, String text) {
        Map<String, String> values = Zpl.read(file, text);
        String publicKey = key(file, values, "curve/public-key");
        String secretKey = key(file, values, "curve/secret-key");
        if (publicKey == null) {
            throw refuse(
                    ErrorCode.FORMAT, file + ": it has no curve/public-key; is it a certificate?");
        }
        byte[] secret = secretKey == null ? null : ZMQ.Curve.z85Decode(secretKey);
        if (secret != null && !Arrays.equals(publicOf(secret), ZMQ.Curve.z85Decode(publicKey))) {
            throw refuse(ErrorCode.FORMAT, file + ": its public key is not that of its secret key");
        }
        return new Certificate(publicKey, secret);
    }

    private static String key(String file, Map<String, String> values, String name) {
        String value = values.get(name);
        //  The value is not repeated: it may be a secret.
        if (value != null && !isKey(value)) {
            throw refuse(
                    ErrorCode.FORMAT, file + ": " + name + " is not a key: 40 characters of Z85");
        }
        return value;
    }

    //  X25519 of the secret and the base point.
    private static byte[] publicOf(byte[] secret) {
        try {
            KeyFactory factory = KeyFactory.getInstance("X25519");
            KeyAgreement agreement = KeyAgreement.getInstance("X25519");
            agreement.init(
                    factory.generatePrivate(
                            new XECPrivateKeySpec(NamedParameterSpec.X25519, secret.clone())));
            agreement.doPhase(
                    factory.generatePublic(
                            new XECPublicKeySpec(NamedParameterSpec.X25519, BASE_POINT)),
                    true);
            return agreement.generateSecret();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has X25519", e);
        }
    }

    /** As Z85. */
    public String publicKey() {
        return publicKey;
    }

    byte[] publicBytes() {
        return ZMQ.Curve.z85Decode(publicKey);
    }

    byte[] secretBytes() {
        return secret.clone();
    }

    /** Overwrite what is secret. */
    void wipe() {
        if (secret != null) {
            Arrays.fill(secret, (byte) 0);
        }
    }
}
