// A C++11 face for a server's connection: it can be moved and not copied, frees itself, and calls a
// handler (a lambda, or whatever a std::function holds) with whole requests; and a tiny server.
//
// c++ -std=c++11 -O2 -I. examples/glue_cpp.cpp -o glue_cpp && ./glue_cpp 8080
// curl --http2-prior-knowledge -d 'some text' http://localhost:8080/echo
// Copy namespace glue. The library never calls back, so an exception out of your handler passes
// through C++ alone; here it becomes the answer 500. (net.h is here for sockets.)
#define H2NEG_IMPLEMENTATION
#include "h2neg.h"
#include "net.h"
#include <csignal>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace glue
{
// h2neg_str is the library's string view, a pointer and a length; this is a copy to keep.
inline std::string text(h2neg_str s)
{
    return s.len ? std::string(s.ptr, s.len) : std::string();
}

struct request {
    std::string method, path, body; // copies: the events that bring them live shorter
};
struct response {
    int status;
    std::string type, body;
};

class connection
{
  public:
    using handler = std::function<response(const request &)>;
    connection(const h2neg_config &config, handler h)
        : c(h2neg_conn_new(&config), h2neg_conn_free), answer(h)
    {
    }
    // For the calls of the library that move octets and time; NULL, which they take, without
    // memory.
    h2neg_conn *get() const
    {
        return c.get();
    }
    // To be called after anything happened.
    void take_events()
    {
        h2neg_event ev;
        while (h2neg_next(c.get(), &ev))
            on_event(ev);
    }

  private:
    struct exchange {
        request asked;
        response given; // its body is lent to the connection until DONE
    };
    std::unique_ptr<h2neg_conn, void (*)(h2neg_conn *)> c;
    std::map<std::uint32_t, exchange> open; // by stream, from REQUEST to DONE
    handler answer;

    void on_event(const h2neg_event &ev)
    {
        switch (ev.type) {
        case H2NEG_EV_REQUEST:
            open[ev.stream].asked = request{text(ev.method), text(ev.path), ""};
            if (h2neg_is(ev.method, "CONNECT")) // its END waits for a tunnel
                h2neg_reset(c.get(), ev.stream, H2NEG_CANCEL);
            else if (ev.upgrade.len && !ev.more) // so does that of a GET that offers an Upgrade
                respond(ev.stream, open[ev.stream]);
            break;
        case H2NEG_EV_DATA: open[ev.stream].asked.body += text(ev.data); break;
        case H2NEG_EV_END:
            if (!open[ev.stream].given.status)
                respond(ev.stream, open[ev.stream]);
            break;
        case H2NEG_EV_DONE: open.erase(ev.stream); break;
        default: break;
        }
    }

    void respond(std::uint32_t stream, exchange &x)
    {
        try {
            x.given = answer(x.asked);
        } catch (const std::exception &e) {
            x.given = response{500, "text/plain", std::string(e.what()) + "\n"};
        }
        h2neg_field type = h2neg_f("content-type", x.given.type.c_str());
        h2neg_message m = h2neg_message();
        m.status = x.given.status;
        m.fields = &type;
        m.field_count = 1;
        m.body = x.given.body.data();
        m.body_len = x.given.body.size();
        if (h2neg_respond(c.get(), stream, &m, 0) < 0) // a status or type that cannot be
            h2neg_reset(c.get(), stream, H2NEG_INTERNAL_ERROR);
    }
};
} // namespace glue

struct peer {
    glue::connection c;
    net_link socket; // net.h's: a socket, and what of it has ended
};

static void turn(peer &p, short ready)
{
    static char in[NET_BUFFER];
    int rounds = 16; // a fast peer does not keep the others waiting
    h2neg_tick(p.c.get(), net_now());
    net_polled(&p.socket, ready);
    do
        p.c.take_events();
    while (rounds-- && net_move(&p.socket, in, sizeof in));
}

static void serve(int listener, const h2neg_config &config, glue::connection::handler handler)
{
    std::map<int, peer> peers; // by file descriptor
    for (int fd;;) {
        std::vector<pollfd> fds(1, pollfd{listener, POLLIN, 0});
        for (auto &p : peers)
            fds.push_back(pollfd{p.first, net_events(&p.second.socket), 0});
        poll(fds.data(), fds.size(), 1000); // a second: timers may be late
        for (std::size_t i = 1; i < fds.size(); i++) {
            peer &p = peers.at(fds[i].fd);
            turn(p, fds[i].revents);
            if (h2neg_wants(p.c.get()) & H2NEG_WANT_CLOSE) {
                close(fds[i].fd);
                peers.erase(fds[i].fd);
            }
        }
        if (!fds[0].revents || (fd = accept(listener, nullptr, nullptr)) < 0)
            continue;
        peer p{glue::connection(config, handler), net_link()};
        net_nonblocking(fd);
        net_start(&p.socket, fd);
        p.socket.conn = p.c.get(); // owned by p.c; it stays where it is when p moves
        peers.emplace(fd, std::move(p));
    }
}

int main(int argc, char **argv)
{
    const char *why = "";
    int listener = net_listen("127.0.0.1", argc > 1 ? argv[1] : "8080", &why);
    h2neg_config config = h2neg_config();
    config.protocols = H2NEG_HTTP1 | H2NEG_PRIOR;
    config.max_content_length = 1 << 20; // requests are held whole
    config.max_concurrent_streams = 16;
    if (listener < 0)
        return std::fprintf(stderr, "glue_cpp: %s.\n", why), 2;
    std::signal(SIGPIPE, SIG_IGN);
    serve(listener, config, [](const glue::request &r) -> glue::response {
        if (r.path == "/fail")
            throw std::runtime_error("the handler failed");
        return {200, "text/plain", r.path == "/echo" ? r.body : r.method + " " + r.path + "\n"};
    });
}
