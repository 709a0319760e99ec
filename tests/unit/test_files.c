/* The server's one way from a request's path to a file: nothing above the root is ever reached. */
#define _XOPEN_SOURCE 700
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "../../examples/files.h"
#include "check.h"
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char top[64], root[PATH_MAX];

static void put(const char *name)
{
    char path[PATH_MAX + 64];
    FILE *f;
    snprintf(path, sizeof path, "%s/%s", top, name);
    f = fopen(path, "w");
    CHECK(f != NULL);
    if (f)
        fclose(f);
}

static void make_dir(const char *name)
{
    char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/%s", top, name);
    CHECK(mkdir(path, 0700) == 0);
}

static void put_link(const char *to, const char *name)
{
    char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/%s", top, name);
    CHECK(symlink(to, path) == 0);
}

/* top/secret, top/root-too/f and below top/root: f, "a b", d/f, in -> f, out -> ../secret, up -> ..
 */
static void set_up(void)
{
    char path[PATH_MAX], *real;
    strcpy(top, "/tmp/h2neg-files-XXXXXX");
    CHECK(mkdtemp(top) != NULL);
    make_dir("root");
    make_dir("root/d");
    make_dir("root-too");
    put("secret");
    put("root-too/f");
    put("root/f");
    put("root/a b");
    put("root/d/f");
    put_link("f", "root/in");
    put_link("../secret", "root/out");
    put_link("..", "root/up");
    snprintf(path, sizeof path, "%s/root", top);
    real = realpath(path, NULL);
    CHECK(real != NULL);
    snprintf(root, sizeof root, "%s", real ? real : "");
    free(real);
}

static void tear_down(void)
{
    static const char *const files[] = {"root/up",  "root/out", "root/in",    "root/d/f",
                                        "root/a b", "root/f",   "root-too/f", "secret"};
    static const char *const dirs[] = {"root-too", "root/d", "root", "."};
    char path[PATH_MAX + 64];
    size_t i;
    for (i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", top, files[i]);
        CHECK(unlink(path) == 0);
    }
    for (i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", top, dirs[i]);
        CHECK(rmdir(path) == 0);
    }
    CHECK(rmdir(top) == 0);
}

static char asked[PATH_MAX]; /* what files_resolve was asked for, with the root before it */

static int resolve(const char *path, char out[PATH_MAX])
{
    return files_resolve(asked, out, root, h2neg_s(path));
}

/* The name below the root that a path leads to, or its status as a text. */
static const char *leads_to(const char *path)
{
    static char out[PATH_MAX], status[8];
    int failed = resolve(path, out);
    if (!failed)
        return out + strlen(root);
    snprintf(status, sizeof status, "%d", failed);
    return status;
}

static void test_inside(void)
{
    set_up();
    CHECK(!strcmp(leads_to("/f"), "/f"));
    CHECK(!strcmp(leads_to("/d/f"), "/d/f"));
    CHECK(!strcmp(leads_to("//d//./f"), "/d/f"));
    CHECK(!strcmp(leads_to("/%66"), "/f"));
    CHECK(!strcmp(leads_to("/d%2Ff"), "/d/f"));
    CHECK(!strcmp(leads_to("/a%20b"), "/a b"));
    CHECK(!strcmp(leads_to("/in"), "/f"));
    CHECK(!strcmp(leads_to("/none"), "404"));
    CHECK(!strcmp(leads_to("/f/none"), "404"));
    CHECK(!strcmp(leads_to("/"), "404"));
    tear_down();
}

static void test_outside(void)
{
    static const char *const paths[] = {"/../secret",
                                        "/d/../../secret",
                                        "/%2e%2e/secret",
                                        "/..%2fsecret",
                                        "/%2E./secret",
                                        "/out",
                                        "/up/secret",
                                        "/up/root/f/../../../secret",
                                        "/../root-too/f",
                                        "/up/root-too/f",
                                        "/..",
                                        "/d/.."};
    size_t i;
    set_up();
    for (i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (strcmp(leads_to(paths[i]), "404")) {
            fprintf(stderr, "    %s leads out, to %s\n", paths[i], leads_to(paths[i]));
            check_failures++;
        }
    tear_down();
}

static void test_malformed(void)
{
    char out[PATH_MAX], nul[] = "/f\0g";
    h2neg_str path;
    set_up();
    CHECK(!strcmp(leads_to(""), "400"));
    CHECK(!strcmp(leads_to("f"), "400"));
    CHECK(!strcmp(leads_to("*"), "400"));
    CHECK(!strcmp(leads_to("/%"), "400"));
    CHECK(!strcmp(leads_to("/%6"), "400"));
    CHECK(!strcmp(leads_to("/%6g"), "400"));
    CHECK(!strcmp(leads_to("/%g6"), "400"));
    CHECK(!strcmp(leads_to("/f%00"), "400"));
    path.ptr = nul;
    path.len = 4;
    CHECK_INT(files_resolve(asked, out, root, path), 400);
    tear_down();
}

static void test_long(void)
{
    static char path[2 * PATH_MAX];
    char out[PATH_MAX];
    size_t len;
    set_up();
    memset(path, 'x', sizeof path);
    path[0] = '/';
    for (len = PATH_MAX - 80; len < PATH_MAX + 4; len++) {
        h2neg_str s;
        int status;
        s.ptr = path;
        s.len = len;
        status = files_resolve(asked, out, root, s);
        CHECK_INT(status, len + strlen(root) + 1 <= PATH_MAX ? 404 : 400);
    }
    tear_down();
}

static void test_root_of_all(void)
{
    char out[PATH_MAX];
    CHECK_INT(files_resolve(asked, out, "/", h2neg_s("/tmp")), 0);
    CHECK(out[0] == '/');
    CHECK_INT(files_resolve(asked, out, "/", h2neg_s("/../tmp")), 404);
}

static void test_types(void)
{
    CHECK(!strcmp(files_type("/a/b.html"), "text/html; charset=utf-8"));
    CHECK(!strcmp(files_type("b.tar.png"), "image/png"));
    CHECK(!strcmp(files_type("html"), "application/octet-stream"));
    CHECK(!strcmp(files_type("a.unknown"), "application/octet-stream"));
}

/* ---- files that are kept ---- */

static const files_kept *keep(files_cache *c, const char *name)
{
    struct stat st;
    int fd = files_open(name, &st);
    const files_kept *k;
    CHECK(fd >= 0);
    k = files_keep(c, h2neg_s("/f"), name, "text/plain", fd, &st);
    close(fd);
    return k;
}

static void fill(const char *name, const char *text)
{
    FILE *f = fopen(name, "w");
    CHECK(f != NULL);
    if (f) {
        fputs(text, f);
        fclose(f);
    }
}

/* What changed in the last two seconds is not kept; what is kept is looked at in every
   millisecond, and after a second not believed any more. */
static void test_kept(void)
{
    static files_cache c;
    char name[PATH_MAX + 64];
    struct stat st;
    const files_kept *k;
    set_up();
    memset(&c, 0, sizeof c);
    snprintf(name, sizeof name, "%s/root/f", top);
    fill(name, "one");
    CHECK(files_find(&c, h2neg_s("/f")) == NULL);
    CHECK(keep(&c, name) == NULL);
    CHECK(stat(name, &st) == 0);
    while (time(NULL) - st.st_ctime < 2) {
        struct timespec some = {0, 50000000};
        nanosleep(&some, NULL);
    }
    k = keep(&c, name);
    CHECK(k != NULL && k->st.st_size == 3 && memcmp(k->octets->at, "one", 3) == 0);
    CHECK(files_find(&c, h2neg_s("/f")) == k);
    CHECK(files_find(&c, h2neg_s("/g")) == NULL);
    c.now = 999;
    CHECK(files_find(&c, h2neg_s("/f")) == k);
    c.now = 1000;
    CHECK(files_find(&c, h2neg_s("/f")) == NULL);
    k = keep(&c, name);
    CHECK(k != NULL && files_find(&c, h2neg_s("/f")) == k);
    fill(name, "another");
    CHECK(files_find(&c, h2neg_s("/f")) == k); /* in this millisecond it is as it was */
    c.now++;
    CHECK(files_find(&c, h2neg_s("/f")) == NULL);
    tear_down();
}

CHECK_MAIN(test_inside, test_outside, test_malformed, test_long, test_root_of_all, test_types,
           test_kept)
