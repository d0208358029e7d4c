#include "security/certificate.h"

#include <czmq.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <cmocka.h>

static char s_folder [] = "/tmp/gradmq-certificates-XXXXXX";

static const char *
s_path (const char *name)
{
    static char path [256];
    snprintf (path, sizeof path, "%s/%s", s_folder, name);
    return path;
}

static gradmq_certificate_t
s_made (const char *name)
{
    gradmq_certificate_t made;
    assert_int_equal (gradmq_certificate_make (&made, NULL), GRADMQ_OK);
    snprintf (made.name, sizeof made.name, "%s", name);
    made.has_role = true;
    made.role = GRADMQ_ROLE_WORKER;
    snprintf (made.workers, sizeof made.workers, "%s, %s-*", name, name);
    return made;
}

static void
s_save (const gradmq_certificate_t *certificate, const char *name, bool secret)
{
    gradmq_reason_t why = {0};
    if (gradmq_certificate_save (certificate, s_path (name), secret, &why))
        fail_msg ("%s", why.text);
}

static void
test_saved_certificate_is_read_back (void **state)
{
    (void) state;
    gradmq_certificate_t made = s_made ("back"), read;
    s_save (&made, "back.secret", true);
    s_save (&made, "back.public", false);
    assert_int_equal (gradmq_certificate_load_secret (&read, s_path ("back.secret"), NULL),
                      GRADMQ_OK);
    assert_string_equal (read.secret_key, made.secret_key);
    assert_string_equal (read.public_key, made.public_key);
    assert_string_equal (read.name, "back");
    assert_string_equal (read.workers, "back, back-*");
    assert_int_equal (read.role, GRADMQ_ROLE_WORKER);
    assert_int_equal (
        gradmq_certificate_load_public (&read, AT_FDCWD, s_path ("back.public"), NULL), GRADMQ_OK);
    assert_string_equal (read.secret_key, "");
    assert_string_equal (read.public_key, made.public_key);
    gradmq_certificate_wipe (&made);
    assert_string_equal (made.secret_key, "");
}

static void
test_zcert_reads_it_and_is_read (void **state)
{
    (void) state;
    gradmq_certificate_t made = s_made ("theirs"), read;
    s_save (&made, "theirs.secret", true);
    zcert_t *theirs = zcert_load (s_path ("theirs.secret"));
    assert_non_null (theirs);
    assert_string_equal (zcert_public_txt (theirs), made.public_key);
    assert_string_equal (zcert_secret_txt (theirs), made.secret_key);
    assert_string_equal (zcert_meta (theirs, "role"), "worker");
    zcert_destroy (&theirs);
    zcert_t *ours = zcert_new ();
    zcert_set_meta (ours, "name", "%s", "zoe");
    zcert_set_meta (ours, "role", "%s", "admin");
    zcert_set_meta (ours, "email", "%s", "zoe@example.org");
    assert_int_equal (zcert_save_public (ours, s_path ("zoe")), 0);
    assert_int_equal (chmod (s_path ("zoe"), 0644), 0);
    gradmq_reason_t why = {0};
    if (gradmq_certificate_load_public (&read, AT_FDCWD, s_path ("zoe"), &why))
        fail_msg ("%s", why.text);
    assert_string_equal (read.public_key, zcert_public_txt (ours));
    assert_string_equal (read.name, "zoe");
    assert_int_equal (read.role, GRADMQ_ROLE_ADMIN);
    zcert_destroy (&ours);
}

static void
test_save_writes_nothing_over_and_leaves_nothing_beside (void **state)
{
    (void) state;
    struct stat file;
    gradmq_reason_t why = {0};
    gradmq_certificate_t first = s_made ("once"), second = s_made ("once"), read;
    s_save (&first, "once.secret", true);
    assert_int_equal (stat (s_path ("once.secret"), &file), 0);
    assert_int_equal (file.st_mode & 07777, 0600);
    assert_int_equal (file.st_nlink, 1);
    assert_int_equal (gradmq_certificate_save (&second, s_path ("once.secret"), true, &why),
                      GRADMQ_ERR_IO);
    assert_non_null (strstr (why.text, "never written over"));
    assert_int_equal (gradmq_certificate_load_secret (&read, s_path ("once.secret"), NULL),
                      GRADMQ_OK);
    assert_string_equal (read.public_key, first.public_key);
    zdir_t *folder = zdir_new (s_folder, "-");
    zlist_t *files = zdir_list (folder);
    for (zfile_t *item = zlist_first (files); item; item = zlist_next (files))
        assert_null (strstr (zfile_filename (item, NULL), "/.once"));
    zlist_destroy (&files);
    zdir_destroy (&folder);
}

static void
s_refused (const char *text, const char *word)
{
    gradmq_certificate_t read;
    gradmq_reason_t why = {0};
    assert_int_equal (gradmq_certificate_read (&read, "file", text, strlen (text), &why),
                      GRADMQ_ERR_FORMAT);
    if (!strstr (why.text, word) || !strstr (why.text, "file"))
        fail_msg ("\"%s\" does not say \"%s\"", why.text, word);
    assert_string_equal (read.secret_key, "");
}

static void
test_read_refuses_what_is_no_certificate (void **state)
{
    (void) state;
    char text [512];
    gradmq_certificate_t one = s_made ("one"), other = s_made ("other");
    s_refused ("", "public-key");
    s_refused ("hello world", "line:1");
    s_refused ("curve\n    public-key = \"short\"\n", "Z85");
    s_refused ("metadata\n    role = \"root\"\n", "can be: observer worker admin");
    s_refused ("metadata\n    name = \"-w\"\n", "name");
    s_refused ("metadata\n    workers = \"a/b\"\n", "workers");
    snprintf (text, sizeof text, "curve\n    public-key = \"%s\"\n    secret-key = \"%s\"\n",
              one.public_key, other.secret_key);
    s_refused (text, "not that of its secret key");
}

//  A secret that others could read, or change, is not used, and the reason says how to mend it.
static void
test_load_secret_looks_at_the_mode (void **state)
{
    (void) state;
    static const mode_t modes [] = {0640, 0604, 0660, 0620, 0602};
    gradmq_certificate_t made = s_made ("mode"), read;
    s_save (&made, "mode.secret", true);
    for (size_t i = 0; i < sizeof modes / sizeof modes [0]; i++) {
        gradmq_reason_t why = {0};
        assert_int_equal (chmod (s_path ("mode.secret"), modes [i]), 0);
        assert_int_equal (gradmq_certificate_load_secret (&read, s_path ("mode.secret"), &why),
                          GRADMQ_ERR_PERMISSION);
        assert_non_null (strstr (why.text, "chmod 600 /tmp/"));
    }
    assert_int_equal (chmod (s_path ("mode.secret"), 0400), 0);
    assert_int_equal (gradmq_certificate_load_secret (&read, s_path ("mode.secret"), NULL),
                      GRADMQ_OK);
    //  What the service manager hands over may be readable by a group.
    assert_int_equal (chmod (s_path ("mode.secret"), 0440), 0);
    assert_int_equal (setenv ("CREDENTIALS_DIRECTORY", s_folder, 1), 0);
    assert_int_equal (gradmq_certificate_load_secret (&read, s_path ("mode.secret"), NULL),
                      GRADMQ_OK);
    assert_int_equal (chmod (s_path ("mode.secret"), 0444), 0);
    assert_int_equal (gradmq_certificate_load_secret (&read, s_path ("mode.secret"), NULL),
                      GRADMQ_ERR_PERMISSION);
    unsetenv ("CREDENTIALS_DIRECTORY");
}

static void
test_load_refuses_what_is_no_file_of_its_kind (void **state)
{
    (void) state;
    gradmq_reason_t why = {0};
    gradmq_certificate_t made = s_made ("kind"), read;
    s_save (&made, "kind.public", false);
    assert_int_equal (chmod (s_path ("kind.public"), 0600), 0);
    assert_int_equal (gradmq_certificate_load_secret (&read, s_path ("kind.public"), &why),
                      GRADMQ_ERR_FORMAT);
    assert_non_null (strstr (why.text, ".secret"));
    assert_int_equal (chmod (s_path ("kind.public"), 0664), 0);
    assert_int_equal (
        gradmq_certificate_load_public (&read, AT_FDCWD, s_path ("kind.public"), &why),
        GRADMQ_ERR_PERMISSION);
    assert_int_equal (gradmq_certificate_load_public (&read, AT_FDCWD, s_folder, &why),
                      GRADMQ_ERR_FORMAT);
    assert_int_equal (gradmq_certificate_load_secret (&read, s_path ("none"), &why), GRADMQ_ERR_IO);
    assert_int_equal (mkfifo (s_path ("pipe"), 0600), 0);
    assert_int_equal (gradmq_certificate_load_secret (&read, s_path ("pipe"), &why),
                      GRADMQ_ERR_FORMAT);
    FILE *file = fopen (s_path ("long"), "w");
    assert_non_null (file);
    for (int i = 0; i < 9000; i++)
        fputc ('#', file);
    fclose (file);
    assert_int_equal (chmod (s_path ("long"), 0600), 0);
    assert_int_equal (gradmq_certificate_load_secret (&read, s_path ("long"), &why),
                      GRADMQ_ERR_FORMAT);
}

static int
s_make_folder (void **state)
{
    (void) state;
    return mkdtemp (s_folder) ? 0 : -1;
}

static int
s_remove_folder (void **state)
{
    (void) state;
    zdir_t *folder = zdir_new (s_folder, NULL);
    zdir_remove (folder, true);
    zdir_destroy (&folder);
    return 0;
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_saved_certificate_is_read_back),
        cmocka_unit_test (test_zcert_reads_it_and_is_read),
        cmocka_unit_test (test_save_writes_nothing_over_and_leaves_nothing_beside),
        cmocka_unit_test (test_read_refuses_what_is_no_certificate),
        cmocka_unit_test (test_load_secret_looks_at_the_mode),
        cmocka_unit_test (test_load_refuses_what_is_no_file_of_its_kind),
    };
    return cmocka_run_group_tests (tests, s_make_folder, s_remove_folder);
}
