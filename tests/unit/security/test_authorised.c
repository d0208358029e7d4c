#include "security/authorised.h"

#include <czmq.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <cmocka.h>

//  A folder of its own for each test, and its keys.
typedef struct {
    char folder [64];
    gradmq_authorised_t *authorised;
    gradmq_permit_t permit;
} s_test_t;

static s_test_t
s_new (void)
{
    s_test_t self = {.folder = "/tmp/gradmq-authorised-XXXXXX"};
    gradmq_reason_t why = {0};
    assert_non_null (mkdtemp (self.folder));
    if (gradmq_authorised_open (&self.authorised, self.folder, &why))
        fail_msg ("%s", why.text);
    return self;
}

static void
s_end (s_test_t *self)
{
    gradmq_authorised_close (&self->authorised);
    gradmq_authorised_close (&self->authorised);
    zdir_t *folder = zdir_new (self->folder, NULL);
    zdir_remove (folder, true);
    zdir_destroy (&folder);
}

static const char *
s_path (const s_test_t *self, const char *name)
{
    static char path [2][256];
    static unsigned turn;
    char *to = path [turn++ % 2];
    snprintf (to, sizeof path [0], "%s/%s", self->folder, name);
    return to;
}

static gradmq_certificate_t
s_made (const char *name, const char *role)
{
    gradmq_certificate_t made;
    assert_int_equal (gradmq_certificate_make (&made, NULL), GRADMQ_OK);
    snprintf (made.name, sizeof made.name, "%s", name);
    made.has_role = gradmq_role_named (role, &made.role);
    return made;
}

static void
s_put (const s_test_t *self, const gradmq_certificate_t *certificate, const char *file)
{
    assert_int_equal (gradmq_certificate_save (certificate, s_path (self, file), false, NULL),
                      GRADMQ_OK);
}

static bool
s_has (s_test_t *self, const gradmq_certificate_t *certificate)
{
    return gradmq_authorised_find (self->authorised, certificate->public_key, &self->permit);
}

static void
test_keys_come_and_go_with_their_files (void **state)
{
    (void) state;
    s_test_t test = s_new ();
    gradmq_certificate_t a = s_made ("a", "worker"), b = s_made ("b", "admin");
    assert_false (s_has (&test, &a));
    assert_false (gradmq_authorised_find (test.authorised, "", &test.permit));
    s_put (&test, &a, "a.public");
    assert_true (s_has (&test, &a));
    assert_false (s_has (&test, &b));
    s_put (&test, &b, "b.public");
    assert_true (s_has (&test, &b));
    assert_int_equal (test.permit.role, GRADMQ_ROLE_ADMIN);
    uint64_t lost = gradmq_authorised_look (test.authorised);
    assert_int_equal (unlink (s_path (&test, "a.public")), 0);
    assert_false (s_has (&test, &a));
    assert_true (s_has (&test, &b));
    assert_int_equal (gradmq_authorised_look (test.authorised), lost + 1);
    //  Moved out of the folder is gone, too; a name that begins with a dot is not looked at.
    assert_int_equal (rename (s_path (&test, "b.public"), s_path (&test, ".b.public")), 0);
    assert_false (s_has (&test, &b));
    s_end (&test);
}

static void
test_another_role_counts_once_it_is_written (void **state)
{
    (void) state;
    s_test_t test = s_new ();
    gradmq_certificate_t a = s_made ("a", "worker");
    s_put (&test, &a, "a.public");
    assert_true (s_has (&test, &a));
    a.role = GRADMQ_ROLE_OBSERVER;
    s_put (&test, &a, ".new");
    assert_int_equal (rename (s_path (&test, ".new"), s_path (&test, "a.public")), 0);
    assert_true (s_has (&test, &a));
    assert_int_equal (test.permit.role, GRADMQ_ROLE_OBSERVER);
    s_end (&test);
}

static void
test_names_are_the_certificates_own_unless_it_says_others (void **state)
{
    (void) state;
    s_test_t test = s_new ();
    gradmq_certificate_t a = s_made ("a", "worker"), b = s_made ("b", "worker"),
                         c = s_made ("c", "admin");
    snprintf (b.workers, sizeof b.workers, "x-*, y");
    s_put (&test, &a, "a");
    s_put (&test, &b, "b");
    s_put (&test, &c, "c");
    assert_true (s_has (&test, &a));
    assert_true (gradmq_permit_names (&test.permit, "a"));
    assert_false (gradmq_permit_names (&test.permit, "b"));
    assert_true (s_has (&test, &b));
    assert_true (gradmq_permit_names (&test.permit, "x-1"));
    assert_true (gradmq_permit_names (&test.permit, "y"));
    assert_false (gradmq_permit_names (&test.permit, "b"));
    assert_true (s_has (&test, &c));
    assert_true (gradmq_permit_names (&test.permit, "anybody"));
    s_end (&test);
}

//  A bad file takes nothing from the others.
static void
test_bad_files_are_left_out_and_the_others_stay (void **state)
{
    (void) state;
    s_test_t test = s_new ();
    gradmq_certificate_t good = s_made ("good", "worker"), secret = s_made ("secret", "worker"),
                         open = s_made ("open", "worker"), bare = s_made ("bare", "worker"),
                         nameless = s_made ("", "worker");
    bare.has_role = false;
    s_put (&test, &bare, "bare");
    s_put (&test, &nameless, "nameless");
    s_put (&test, &open, "open");
    assert_int_equal (chmod (s_path (&test, "open"), 0666), 0);
    assert_int_equal (gradmq_certificate_save (&secret, s_path (&test, "secret"), true, NULL),
                      GRADMQ_OK);
    assert_int_equal (mkdir (s_path (&test, "folder"), 0700), 0);
    FILE *file = fopen (s_path (&test, "noise"), "w");
    assert_non_null (file);
    fputs ("not a certificate\n", file);
    fclose (file);
    s_put (&test, &good, "good");
    assert_true (s_has (&test, &good));
    assert_false (s_has (&test, &secret));
    assert_false (s_has (&test, &open));
    assert_false (s_has (&test, &bare));
    assert_false (s_has (&test, &nameless));
    //  Mended, it counts.
    assert_int_equal (chmod (s_path (&test, "open"), 0644), 0);
    assert_true (s_has (&test, &open));
    s_end (&test);
}

static void
test_key_in_two_files_counts_in_neither (void **state)
{
    (void) state;
    s_test_t test = s_new ();
    gradmq_certificate_t a = s_made ("a", "worker"), b = s_made ("b", "worker");
    s_put (&test, &a, "a");
    s_put (&test, &b, "b");
    a.role = GRADMQ_ROLE_ADMIN;
    s_put (&test, &a, "again");
    assert_false (s_has (&test, &a));
    assert_true (s_has (&test, &b));
    assert_int_equal (unlink (s_path (&test, "again")), 0);
    assert_true (s_has (&test, &a));
    assert_int_equal (test.permit.role, GRADMQ_ROLE_WORKER);
    s_end (&test);
}

static void
test_folder_that_cannot_be_trusted_authorises_nobody (void **state)
{
    (void) state;
    s_test_t test = s_new ();
    gradmq_reason_t why = {0};
    gradmq_authorised_t *other;
    gradmq_certificate_t a = s_made ("a", "worker");
    s_put (&test, &a, "a");
    assert_true (s_has (&test, &a));
    assert_int_equal (chmod (test.folder, 0777), 0);
    assert_int_equal (gradmq_authorised_reload (test.authorised, &why), GRADMQ_ERR_PERMISSION);
    assert_non_null (strstr (why.text, "chmod go-w"));
    assert_false (s_has (&test, &a));
    assert_int_equal (gradmq_authorised_open (&other, test.folder, &why), GRADMQ_ERR_PERMISSION);
    assert_null (other);
    assert_int_equal (chmod (test.folder, 0700), 0);
    gradmq_authorised_look (test.authorised);
    assert_true (s_has (&test, &a));
    assert_int_equal (gradmq_authorised_open (&other, "/nowhere/at/all", &why), GRADMQ_ERR_IO);
    assert_null (other);
    s_end (&test);
}

//  The folder goes away, and another one takes its place.
static void
test_folder_that_is_replaced_is_read_anew (void **state)
{
    (void) state;
    s_test_t test = s_new ();
    char kept [80];
    gradmq_certificate_t a = s_made ("a", "worker"), b = s_made ("b", "worker");
    s_put (&test, &a, "a");
    assert_true (s_has (&test, &a));
    snprintf (kept, sizeof kept, "%s.old", test.folder);
    assert_int_equal (rename (test.folder, kept), 0);
    assert_false (s_has (&test, &a));
    assert_int_equal (mkdir (test.folder, 0700), 0);
    s_put (&test, &b, "b");
    gradmq_authorised_look (test.authorised);
    assert_true (s_has (&test, &b));
    assert_false (s_has (&test, &a));
    zdir_t *old = zdir_new (kept, NULL);
    zdir_remove (old, true);
    zdir_destroy (&old);
    s_end (&test);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_keys_come_and_go_with_their_files),
        cmocka_unit_test (test_another_role_counts_once_it_is_written),
        cmocka_unit_test (test_names_are_the_certificates_own_unless_it_says_others),
        cmocka_unit_test (test_bad_files_are_left_out_and_the_others_stay),
        cmocka_unit_test (test_key_in_two_files_counts_in_neither),
        cmocka_unit_test (test_folder_that_cannot_be_trusted_authorises_nobody),
        cmocka_unit_test (test_folder_that_is_replaced_is_read_anew),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
