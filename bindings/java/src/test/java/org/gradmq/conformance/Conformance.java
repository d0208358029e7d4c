package org.gradmq.conformance;

import com.google.gson.JsonObject;

/** Runs every vector of schemas/vectors and prints a line for each. */
public final class Conformance {
    private Conformance() {}

    /**
     * Runs all of them.
     *
     * @param arguments none
     */
    public static void main(String[] arguments) {
        int failed = 0;
        for (String subject : Vectors.subjects()) {
            for (JsonObject vector : Vectors.of(subject)) {
                String name = subject + "/" + Vectors.text(vector, "name");
                try {
                    Runner.run(subject, vector);
                    System.out.println("ok " + name);
                } catch (AssertionError | RuntimeException e) {
                    System.out.println("    " + e);
                    System.out.println("not ok " + name);
                    failed++;
                }
            }
        }
        System.exit(failed == 0 ? 0 : 1);
    }
}
