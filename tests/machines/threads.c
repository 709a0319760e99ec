/* threads.c: two threads, each with a client and a server of its own, and no lock between them.
   Built with the thread sanitizer (machines.sh) it finds whatever two connections share. */
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "../check.h"
#include "../conn.h"
#include <pthread.h>

typedef struct talk {
    unsigned protocols;
    int bad;
} talk;

/* Twenty requests, each with a body that comes back. */
static int talk_once(unsigned protocols)
{
    h2neg_config client, server;
    pair *p = (pair *)calloc(1, sizeof *p);
    int i, good = 0;
    if (!p)
        abort();
    memset(&client, 0, sizeof client);
    memset(&server, 0, sizeof server);
    client.role = H2NEG_CLIENT;
    client.protocols = protocols;
    pair_init(p, &client, &server, 4096);
    for (i = 0; i < 20; i++) {
        h2neg_message m;
        uint32_t id = 0;
        memset(&m, 0, sizeof m);
        m.method = h2neg_s("POST");
        m.target = h2neg_s("/echo");
        m.authority = h2neg_s("example.com");
        m.body = "how many octets come back?";
        m.body_len = 26;
        if (h2neg_request(p->client.c, &m, 0, &id) < 0)
            break;
        *side_track(&p->client, id) |= SAW_OPEN;
        pair_run(p);
        good++;
    }
    good = good == 20 && p->server.done == 20 && p->client.done == 20 && !p->client.errors && !check_failures;
    pair_free(p);
    free(p);
    return good;
}

static void *run(void *arg)
{
    talk *t = (talk *)arg;
    int i;
    for (i = 0; i < 10; i++)
        t->bad += !talk_once(i % 2 ? t->protocols : H2NEG_HTTP1);
    return NULL;
}

int main(void)
{
    talk talks[2] = {{H2NEG_PRIOR, 0}, {H2NEG_PRIOR, 0}};
    pthread_t threads[2];
    size_t i;
    for (i = 0; i < 2; i++)
        if (pthread_create(&threads[i], NULL, run, &talks[i]) != 0)
            return 2;
    for (i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    if (talks[0].bad || talks[1].bad) {
        fprintf(stderr, "%d and %d conversations went wrong\n", talks[0].bad, talks[1].bad);
        return 1;
    }
    printf("2 passed, 0 failed, 0 skipped\n");
    return 0;
}
