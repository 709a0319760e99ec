"""WebSocket by hand (RFC 6455, 7692, 8441): frames as octets, handshakes, and an end of a connection that
checks every frame it is sent. Either role, over TCP, TLS, or a stream of HTTP/2 (Python's h2).
"""
import base64
import hashlib
import os
import select
import socket
import ssl
import struct
import time
import zlib

from harness import check, equal

try:
    import h2.config
    import h2.connection
    import h2.events
    import h2.exceptions
    import h2.settings
except ImportError:
    h2 = None

LIMIT = 10  # seconds for the next octet
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
NAMES = {TEXT: 'text', BINARY: 'binary', CLOSE: 'close', PING: 'ping', PONG: 'pong'}
KEY = b'dGhlIHNhbXBsZSBub25jZQ=='
END = ('end',)  # FIN, or END_STREAM


# ---- octets ------------------------------------------------------------------------------------------

MASKS = [b'\x37\xfa\x21\x3d', b'\0\0\0\0', b'\xff\xff\xff\xff', b'\x01\x80\0\x7f', b'\xaa\x55\xc3\x3c']


def masked(octets, key):
    key = (key * (len(octets) // 4 + 1))[:len(octets)]
    return (int.from_bytes(octets, 'big') ^ int.from_bytes(key, 'big')).to_bytes(len(octets), 'big')


class Frame:
    """A frame to send. `form`: how its length is written (1, 3 or 9 octets), the shortest by default;
    `mask`: whether it is masked, by default as its sender has to; `length`: what the header says, where
    that is not what follows; `cut`: how many octets of the payload are sent at all."""

    count = 0

    def __init__(self, opcode, payload=b'', fin=True, rsv=0, form=None, mask=None, length=None, cut=None):
        self.opcode, self.fin, self.rsv = opcode, fin, rsv
        self.payload = payload.encode() if isinstance(payload, str) else payload
        self.form, self.mask, self.length, self.cut = form, mask, length, cut

    def octets(self, by_client):
        length = len(self.payload) if self.length is None else self.length
        form = self.form or (1 if length < 126 else 3 if length < 65536 else 9)
        mask = by_client if self.mask is None else self.mask
        out = bytes([self.fin << 7 | self.rsv << 4 | self.opcode])
        first = mask << 7
        out += (bytes([first | length]) if form == 1 else struct.pack('>BH', first | 126, length) if form == 3
                else struct.pack('>BQ', first | 127, length))
        payload = self.payload
        if mask:
            Frame.count += 1
            key = MASKS[Frame.count % len(MASKS)]
            out += key
            payload = masked(payload, key)
        return out + (payload if self.cut is None else payload[:self.cut])


def close(code=None, reason=b''):
    reason = reason.encode() if isinstance(reason, str) else reason
    return Frame(CLOSE, b'' if code is None else struct.pack('>H', code) + reason)


def fragments(opcode, payload, size, rsv=0):
    """A message in frames of `size` octets."""
    payload = payload.encode() if isinstance(payload, str) else payload
    parts = [payload[i:i + size] for i in range(0, len(payload), size)] or [b'']
    return [Frame(0 if i else opcode, part, i == len(parts) - 1, 0 if i else rsv)
            for i, part in enumerate(parts)]


def handshake(path=b'/ws', host=b'localhost', key=KEY, more=b''):
    return (b'GET ' + path + b' HTTP/1.1\r\nHost: ' + host + b'\r\nUpgrade: websocket\r\n'
            b'Connection: Upgrade\r\nSec-WebSocket-Key: ' + key + b'\r\nSec-WebSocket-Version: 13\r\n' +
            more + b'\r\n')


def accept_key(key):
    guid = b'258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
    return base64.b64encode(hashlib.sha1(key + guid).digest())


def split_head(octets):
    """(first line, fields by name in lower case, values of repeated ones joined)"""
    lines = octets.split(b'\r\n')
    fields = {}
    for line in lines[1:]:
        if line:
            name, _, value = line.partition(b':')
            name = name.lower().decode()
            fields[name] = fields[name] + b', ' + value.strip() if name in fields else value.strip()
    return lines[0], fields


# ---- permessage-deflate ------------------------------------------------------------------------------

TAIL = b'\0\0\xff\xff'


def parameters(value):
    """{'server_max_window_bits': 10, ...} of one permessage-deflate; a flag is True."""
    value = value.decode() if isinstance(value, bytes) else value
    name, *rest = [part.strip() for part in value.split(';')]
    equal(name, 'permessage-deflate', 'the extension')
    out = {}
    for part in rest:
        name, _, number = part.partition('=')
        check(name not in out, 'a parameter twice: ' + value)
        check(name.replace('server_', '').replace('client_', '') in ('no_context_takeover', 'max_window_bits'),
              'an unknown parameter: ' + value)
        out[name] = int(number) if number else True
    return out


class Deflate:
    """Both directions as this end sees them. `bits`, `fresh`: of what is sent; the other two, of what
    comes: a window larger than agreed, or a context that was to be dropped, fails to inflate here."""

    def __init__(self, bits=15, fresh=False, in_bits=15, in_fresh=False):
        self.bits, self.fresh, self.in_bits, self.in_fresh = bits, fresh, in_bits, in_fresh
        self.out = self.into = None

    @classmethod
    def of(cls, agreed, by_client):
        """`agreed`: the answer's text."""
        p = parameters(agreed)
        ours, theirs = ('client', 'server') if by_client else ('server', 'client')

        def bits(side):
            n = p.get(side + '_max_window_bits', 15)
            check(n is not True and 8 <= n <= 15, 'window bits in %r' % agreed)
            return n
        return cls(bits(ours), ours + '_no_context_takeover' in p, bits(theirs),
                   theirs + '_no_context_takeover' in p)

    def compress(self, octets, level=6, flushes=1):
        if self.fresh or not self.out:
            # zlib has no window of 2^8 octets: without matches none is needed
            strategy = zlib.Z_HUFFMAN_ONLY if self.bits == 8 else zlib.Z_DEFAULT_STRATEGY
            self.out = zlib.compressobj(level, zlib.DEFLATED, -max(self.bits, 9), 8, strategy)
        size, out = len(octets) // flushes + 1, b''
        for i in range(flushes):
            out += self.out.compress(octets[i * size:(i + 1) * size]) + self.out.flush(zlib.Z_SYNC_FLUSH)
        # nothing between two flushes: zlib leaves the second out
        return out[:-4] if out.endswith(TAIL) else b'\0'

    def inflate(self, octets):
        if self.in_fresh or not self.into:
            self.into = zlib.decompressobj(-self.in_bits)
        octets += TAIL
        if self.in_bits >= 15 or len(octets) > 4096:
            return self.into.decompress(octets)
        out = []  # an octet at a time: then zlib looks back no further than its window
        while True:
            part = self.into.decompress(octets, 1)
            octets = self.into.unconsumed_tail
            if not part and not octets:
                return b''.join(out)
            out.append(part)


# ---- carriers ----------------------------------------------------------------------------------------

class Tcp:
    """A socket that reads while it cannot write, so that no echo is in its own way."""

    def __init__(self, s):
        self.s = s
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        s.setblocking(False)
        self.inbox = bytearray()
        self.ended = False

    def _poll(self, events, limit):
        poll = select.poll()
        poll.register(self.s, events)
        ready = poll.poll(limit * 1000)
        return ready[0][1] if ready else 0

    def _read(self):
        try:
            part = self.s.recv(1 << 18)
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        self.inbox += part
        self.ended = self.ended or not part

    def send(self, octets, size=1 << 18):
        """`size`: of each piece."""
        left = memoryview(octets)
        end = time.monotonic() + 6 * LIMIT
        while len(left):
            check(time.monotonic() < end, 'the peer does not read')
            full = self.ended or len(self.inbox) > 1 << 26
            ready = self._poll(select.POLLOUT if full else select.POLLIN | select.POLLOUT, LIMIT)
            if ready & ~select.POLLOUT and not full:
                self._read()
            if ready & ~select.POLLIN:
                try:
                    left = left[self.s.send(left[:size]):]
                except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                    pass

    def recv(self, limit=None):
        """Octets, or b'' at the end."""
        end = time.monotonic() + (LIMIT if limit is None else limit)
        while not self.inbox and not self.ended:
            pending = isinstance(self.s, ssl.SSLSocket) and self.s.pending()
            if not pending and not self._poll(select.POLLIN, max(0, end - time.monotonic())):
                raise AssertionError('nothing came')
            self._read()
        out = bytes(self.inbox)
        self.inbox.clear()
        return out

    def finish(self):
        if isinstance(self.s, ssl.SSLSocket):
            return
        try:
            self.s.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self.s.close()


def connect(port, tls=False, alpn=()):
    s = socket.create_connection(('127.0.0.1', port), 10)
    if tls:
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
        if alpn:
            c.set_alpn_protocols(list(alpn))
        s = c.wrap_socket(s, server_hostname='localhost')
    return s


class Http2:
    """A connection of Python's h2, either role, whose streams carry WebSockets and plain messages."""

    def __init__(self, s, client=True, connect_protocol=True, window=None, settings=None, upgrade=None):
        self.wire = Tcp(s)
        self.client = client
        self.heads, self.inboxes, self.ended, self.resets = {}, {}, set(), {}
        self.settled, self.end, self.last, self.new = False, None, -1, []
        self.pongs = 0
        config = h2.config.H2Configuration(client_side=client, header_encoding='utf-8')
        self.c = h2.connection.H2Connection(config)
        if not client and connect_protocol:
            values = dict(self.c.local_settings)
            values[h2.settings.SettingCodes.ENABLE_CONNECT_PROTOCOL] = 1
            self.c.local_settings = h2.settings.Settings(client=False, initial_values=values)
        if settings:
            self.c.local_settings = h2.settings.Settings(client=client, initial_values=settings)
        if upgrade:
            self.upgrade(upgrade)
        else:
            self.c.initiate_connection()
        if window:
            self.c.increment_flow_control_window(window)
        self.flush()

    def upgrade(self, path):
        """Out of HTTP/1.1: the answer is stream 1's."""
        self.wire.send(b'GET ' + path + b' HTTP/1.1\r\nHost: localhost\r\n'
                       b'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: ' +
                       self.c.initiate_upgrade_connection() + b'\r\n\r\n')
        head, rest = read_head(self.wire)
        check(head.startswith(b'HTTP/1.1 101 '), head)
        self.wire.inbox[:0] = rest
        self.last = 1

    def flush(self):
        octets = self.c.data_to_send()
        if octets:
            self.wire.send(octets)

    def turn(self, limit=None):
        octets = self.wire.recv(limit)
        check(octets, 'the connection ended (%s)' % (self.end and 'GOAWAY %d' % self.end.error_code))
        self.take(octets)

    def take(self, octets):
        for e in self.c.receive_data(octets):
            self.event(e)
        self.flush()

    def event(self, e):
        if isinstance(e, h2.events.RemoteSettingsChanged):
            self.settled = True
        elif isinstance(e, h2.events.RequestReceived):
            self.heads[e.stream_id] = dict(e.headers)
            self.inboxes[e.stream_id] = bytearray()
            self.new.append(e.stream_id)
        elif isinstance(e, h2.events.ResponseReceived):
            self.heads[e.stream_id] = dict(e.headers)
        elif isinstance(e, h2.events.DataReceived):
            self.inboxes.setdefault(e.stream_id, bytearray()).extend(e.data)
            if e.flow_controlled_length and e.stream_id not in self.resets:
                self.c.acknowledge_received_data(e.flow_controlled_length, e.stream_id)
        elif isinstance(e, h2.events.StreamEnded):
            self.ended.add(e.stream_id)
        elif isinstance(e, h2.events.StreamReset):
            self.resets[e.stream_id] = int(e.error_code)
        elif isinstance(e, h2.events.PingAckReceived):
            self.pongs += 1
        elif isinstance(e, h2.events.ConnectionTerminated):
            self.end = e

    def until(self, done):
        while not done():
            self.turn()

    def request(self, method, path, *more, end=True, scheme='http', authority='localhost', protocol=None):
        self.last += 2
        head = [(':method', method)]
        if protocol:
            head.append((':protocol', protocol))
        head += [(':scheme', scheme), (':authority', authority), (':path', path)] + list(more)
        self.inboxes[self.last] = bytearray()
        self.c.send_headers(self.last, head, end_stream=end)
        self.flush()
        return self.last

    def answer(self, stream):
        """(status, body) of a plain request."""
        self.until(lambda: stream in self.ended or stream in self.resets)
        check(stream not in self.resets, 'stream %d was reset: %r' % (stream, self.resets.get(stream)))
        return int(self.heads[stream][':status']), bytes(self.inboxes[stream])

    def websocket(self, path='/ws', *more, **options):
        """Asks for a WebSocket: its stream, once the answer's head is there."""
        self.until(lambda: self.settled)
        code = h2.settings.SettingCodes.ENABLE_CONNECT_PROTOCOL
        equal(self.c.remote_settings.get(code), 1, 'SETTINGS_ENABLE_CONNECT_PROTOCOL')
        stream = self.request('CONNECT', path, ('sec-websocket-version', '13'), *more, end=False,
                              protocol='websocket', **options)
        self.until(lambda: stream in self.heads or stream in self.resets)
        return stream

    def ping(self):
        """Everything before is done when this returns."""
        self.c.ping(b'12345678')
        self.flush()
        n = self.pongs
        self.until(lambda: self.pongs > n)

    def close(self):
        self.wire.close()


class Stream:
    """One stream of an Http2, as Tcp is a socket."""

    def __init__(self, connection, stream):
        self.h, self.stream = connection, stream

    def send(self, octets, size=1 << 18):
        h, left = self.h, memoryview(octets)
        while left:
            if self.stream in h.resets or self.stream in h.ended:
                return  # nobody listens any more
            n = min(len(left), h.c.local_flow_control_window(self.stream), h.c.max_outbound_frame_size)
            n = min(n, size)
            if n <= 0:
                h.flush()
                h.turn()
                continue
            h.c.send_data(self.stream, bytes(left[:n]))
            left = left[n:]
            if size > 1024:
                h.flush()
            if h.wire.inbox:
                h.take(h.wire.recv())
        h.flush()

    def recv(self, limit=None):
        inbox = self.h.inboxes.setdefault(self.stream, bytearray())
        while not inbox and self.stream not in self.h.ended:
            check(self.stream not in self.h.resets, 'RST_STREAM %r' % self.h.resets.get(self.stream))
            self.h.turn(limit)
        out = bytes(inbox)
        inbox.clear()
        return out

    def finish(self):
        if self.stream not in self.h.resets:
            try:
                self.h.c.end_stream(self.stream)
                self.h.flush()
            except h2.exceptions.ProtocolError:
                pass  # it is closed already

    def close(self):
        pass


# ---- an end of a WebSocket ---------------------------------------------------------------------------

class End:
    """This end. Whatever the other one sends is held against every rule of framing."""

    def __init__(self, wire, client, head=None, rest=b'', deflate=None):
        self.wire, self.client, self.head, self.deflate = wire, client, head, deflate
        self.inbox = bytearray(rest)
        self.at = 0
        self.opcode = None
        self.frames = 0

    def send(self, *frames, size=1 << 18):
        self.wire.send(b''.join(f.octets(self.client) for f in frames), size)

    def message(self, opcode, payload, compressed=True, **more):
        """A message in one frame, compressed where that was agreed."""
        payload = payload.encode() if isinstance(payload, str) else payload
        if self.deflate and compressed:
            return Frame(opcode, self.deflate.compress(payload), rsv=4, **more)
        return Frame(opcode, payload, **more)

    def _need(self, octets):
        """False at a clean end."""
        while len(self.inbox) - self.at < octets:
            part = self.wire.recv()
            if not part:
                check(len(self.inbox) == self.at, 'the end came inside a frame')
                return False
            if self.at:
                del self.inbox[:self.at]
                self.at = 0
            self.inbox += part
        return True

    def _take(self, octets):
        check(self._need(octets), 'the end came inside a frame')
        self.at += octets
        return bytes(self.inbox[self.at - octets:self.at])

    def frame(self):
        """(fin, rsv, opcode, payload), or None at the end."""
        if not self._need(1):
            return None
        first, second = self._take(2)
        fin, rsv, opcode, length = first >> 7, first >> 4 & 7, first & 15, second & 127
        equal(second >> 7, int(not self.client), 'the mask bit')
        if length == 126:
            length = struct.unpack('>H', self._take(2))[0]
            check(length > 125, 'a length of %d in three octets' % length)
        elif length == 127:
            length = struct.unpack('>Q', self._take(8))[0]
            check(65535 < length < 1 << 63, 'a length of %d in nine octets' % length)
        check(opcode in NAMES or opcode == CONTINUATION, 'opcode %d' % opcode)
        if opcode & 8:
            check(fin and length < 126, 'a control frame cut or too long')
        may = 4 if self.deflate and opcode in (TEXT, BINARY) else 0
        check(rsv & ~may == 0, 'reserved bits %d on opcode %d' % (rsv, opcode))
        key = None if self.client else self._take(4)
        payload = self._take(length)
        self.frames += 1
        return fin, rsv, opcode, masked(payload, key) if key else payload

    def item(self):
        """The next whole message or control frame: ('text', str), ('binary', octets), ('ping' or 'pong',
        octets), ('close', code or None, reason), or END."""
        while True:
            frame = self.frame()
            if not frame:
                return END
            fin, rsv, opcode, payload = frame
            if opcode == CLOSE:
                check(len(payload) != 1, 'a Close of one octet')
                code = struct.unpack('>H', payload[:2])[0] if payload else None
                return 'close', code, payload[2:].decode()
            if opcode & 8:
                return NAMES[opcode], payload
            if opcode != CONTINUATION:
                check(self.opcode is None, 'a message inside a message')
                self.opcode, self.compressed, self.parts = opcode, rsv & 4, []
            check(self.opcode is not None, 'a continuation of nothing')
            self.parts.append(payload)
            if fin:
                octets, opcode = b''.join(self.parts), self.opcode
                self.opcode = self.parts = None
                if self.compressed:
                    octets = self.deflate.inflate(octets)
                return NAMES[opcode], octets.decode() if opcode == TEXT else octets

    def good_bye(self, code=1000, reason=''):
        """The closing handshake, begun here: its answer, and the end that a server makes of it."""
        self.send(close(code, reason))
        equal(self.item(), ('close', code, ''))
        self.ending()

    def ending(self):
        """Behind the other's Close: a server ends the connection, a client waits for that."""
        if self.client:
            equal(self.item(), END)
            self.wire.finish()
        else:
            self.wire.finish()
            equal(self.item(), END)

    def close(self):
        self.wire.close()


def read_head(wire):
    """(head, what follows it)"""
    octets = b''
    while b'\r\n\r\n' not in octets:
        part = wire.recv()
        check(part, 'the connection ended in a head: %r' % octets)
        octets += part
    head, _, rest = octets.partition(b'\r\n\r\n')
    return head, rest


def open_h1(port, path=b'/ws', offer=None, more=b'', tls=False, behind=b''):
    """A WebSocket to a server, over HTTP/1.1. `behind`: octets sent with the handshake."""
    wire = Tcp(connect(port, tls, ['http/1.1'] if tls else ()))
    if offer is not None:
        more += b'Sec-WebSocket-Extensions: ' + offer.encode() + b'\r\n'
    key = base64.b64encode(os.urandom(16))
    wire.send(handshake(path, key=key, more=more) + behind)
    head, rest = read_head(wire)
    line, fields = split_head(head)
    equal(line[:13], b'HTTP/1.1 101 ', 'the answer')
    equal(fields['sec-websocket-accept'], accept_key(key))
    equal(fields['upgrade'].lower(), b'websocket')
    equal(fields['connection'].lower(), b'upgrade')
    agreed = fields.get('sec-websocket-extensions')
    return End(wire, True, fields, rest, Deflate.of(agreed, True) if agreed else None)


def open_h2(connection, path='/ws', offer=None, more=()):
    """A WebSocket to a server, on a stream of a connection."""
    more = list(more) + ([('sec-websocket-extensions', offer)] if offer is not None else [])
    stream = connection.websocket(path, *more)
    check(stream not in connection.resets, 'reset %r' % connection.resets.get(stream))
    head = connection.heads[stream]
    equal(head[':status'], '200')
    for name in ('sec-websocket-accept', 'upgrade', 'connection'):
        check(name not in head, name + ' over HTTP/2')
    agreed = head.get('sec-websocket-extensions')
    return End(Stream(connection, stream), True, head, b'', Deflate.of(agreed, True) if agreed else None)


class Listener:
    """A server by hand: takes one client at a time."""

    def __init__(self):
        self.s = socket.socket()
        self.s.bind(('127.0.0.1', 0))
        self.s.listen(8)
        self.port = self.s.getsockname()[1]

    def accept(self, limit=LIMIT):
        self.s.settimeout(limit)
        return self.s.accept()[0]

    def h1(self, agreed=None, more=b''):
        """Takes a client's handshake and accepts it, whatever it asked: (End, its fields)."""
        wire = Tcp(self.accept())
        head, rest = read_head(wire)
        equal(rest, b'', 'what came behind the handshake, before its answer')
        line, fields = split_head(head)
        if agreed:
            more += b'Sec-WebSocket-Extensions: ' + agreed.encode() + b'\r\n'
        wire.send(b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
                  b'Sec-WebSocket-Accept: ' + accept_key(fields['sec-websocket-key']) + b'\r\n' + more +
                  b'\r\n')
        fields[':line'] = line
        return End(wire, False, fields, b'', Deflate.of(agreed, False) if agreed else None), fields

    def h2(self, agreed=None, more=()):
        """The same with prior knowledge: (End, its fields)."""
        h = Http2(self.accept(), client=False, window=1 << 24)
        h.until(lambda: h.new)
        stream = h.new.pop(0)
        more = list(more) + ([('sec-websocket-extensions', agreed)] if agreed else [])
        h.c.send_headers(stream, [(':status', '200')] + more)
        h.flush()
        deflate = Deflate.of(agreed, False) if agreed else None
        end = End(Stream(h, stream), False, h.heads[stream], b'', deflate)
        end.close = h.close
        return end, h.heads[stream]

    def close(self):
        self.s.close()
