package org.gradmq.internal;

import static org.gradmq.support.Bed.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gradmq.ConnectOptions;
import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.junit.jupiter.api.Test;
import org.zeromq.ZMQ;

class CertificateTest {
    private static String certificate(String publicKey, String secretKey) {
        return "# a comment\n\nmetadata\n    name = \"w1\"\n    note = 'a \"#\"' # more\ncurve\n"
                + "    public-key = \""
                + publicKey
                + "\"\n"
                + (secretKey == null ? "" : "    secret-key = \"" + secretKey + "\"\n");
    }

    @Test
    void readsWhatKeygenMakes() {
        ZMQ.Curve.KeyPair pair = ZMQ.Curve.generateKeyPair();
        Certificate read = Certificate.parse("f", certificate(pair.publicKey, pair.secretKey));
        assertEquals(pair.publicKey, read.publicKey());
        assertEquals(32, read.secretBytes().length);
    }

    @Test
    void keysHaveToBelongTogether() {
        ZMQ.Curve.KeyPair one = ZMQ.Curve.generateKeyPair();
        ZMQ.Curve.KeyPair two = ZMQ.Curve.generateKeyPair();
        GradmqException e =
                refused(
                        ErrorCode.FORMAT,
                        () -> Certificate.parse("f", certificate(one.publicKey, two.secretKey)));
        assertFalse(e.getMessage().contains(two.secretKey), "it tells a secret");
    }

    @Test
    void whatIsNoCertificateIsRefused() {
        refused(ErrorCode.FORMAT, () -> Certificate.parse("f", "metadata\n"));
        refused(ErrorCode.FORMAT, () -> Certificate.parse("f", "curve\n  public-key = x\n"));
        refused(ErrorCode.FORMAT, () -> Certificate.parse("f", certificate("short", null)));
        refused(ErrorCode.FORMAT, () -> Certificate.parse("f", "a = \"open\n"));
        refused(ErrorCode.FORMAT, () -> Certificate.parse("f", "a\n            b = 1\n"));
        refused(ErrorCode.IO, () -> Certificate.serverKey("/no/such/file"));
    }

    @Test
    void aServerKeyMayBeTheKeyItself() {
        String key = ZMQ.Curve.generateKeyPair().publicKey;
        assertTrue(Certificate.isKey(key));
        assertEquals(key, Certificate.serverKey(key));
        assertFalse(Certificate.isKey(key.substring(1) + "\""));
    }

    @Test
    void optionsAreChecked() {
        ConnectOptions options = ConnectOptions.to("tcp://127.0.0.1:5570");
        refused(ErrorCode.ARGUMENT, () -> new Session(options.keys(null, "x")));
        refused(ErrorCode.ARGUMENT, () -> new Session(options.window(-1)));
        refused(ErrorCode.ARGUMENT, () -> new Session(options.timeout(java.time.Duration.ZERO)));
        refused(ErrorCode.ARGUMENT, () -> new Session(ConnectOptions.to("ipc:///run/x")));
        assertTrue(Names.valid(new Session(options).name()));
    }
}
