/* h2o.c: h2o's HPACK decoder, which reads request blocks straight into a request. Its header for
   this needs another one that no package has, so what is called is declared here. */
#include <h2o.h>
#include "bench_h2o.h"

typedef struct h2o_table { /* st_h2o_hpack_header_table_t */
    void *entries;
    size_t num_entries, entry_capacity, entry_start_index;
    size_t hpack_size, hpack_capacity, hpack_max_capacity;
} h2o_table;

int h2o_hpack_parse_headers(h2o_req_t *req, h2o_table *table, const uint8_t *src, size_t len,
                            int *pseudo_header_exists_map, size_t *content_length, void **digests,
                            const char **err_desc);
void h2o_hpack_dispose_header_table(h2o_table *table);

static h2o_table table;
static h2o_req_t req;

void h2o_decoder_new(void)
{
    h2o_hpack_dispose_header_table(&table);
    memset(&table, 0, sizeof table);
    table.hpack_capacity = table.hpack_max_capacity = 4096;
}

/* A block into a fresh request; how many octets its fields have, the four pseudo-fields with them.
 */
size_t h2o_decode(const void *in, size_t len)
{
    const char *error = NULL;
    void *digests = NULL;
    size_t content_length = SIZE_MAX, octets, i;
    int exists = 0;
    memset(&req.input, 0, sizeof req.input);
    memset(&req.headers, 0, sizeof req.headers);
    h2o_mem_init_pool(&req.pool);
    if (h2o_hpack_parse_headers(&req, &table, in, len, &exists, &content_length, &digests,
                                &error) != 0)
        return 0;
    octets = 7 + 7 + 10 + 5 + req.input.method.len + req.input.scheme->name.len +
             req.input.authority.len + req.input.path.len;
    for (i = 0; i < req.headers.size; i++)
        octets += req.headers.entries[i].name->len + req.headers.entries[i].value.len;
    h2o_mem_clear_pool(&req.pool);
    return octets;
}
