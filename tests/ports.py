#!/usr/bin/env python3
"""ports.py: prints a port of 127.0.0.1 that is free. free_port() gives one that stays the caller's own.

What the system hands out by itself lies above (32768 to 60999), so that between the choice and the server's bind
neither a connection nor a server on port 0 takes it. Tests that run beside each other keep out of each other's way
by a name for each port, which lives as long as the process (Linux's abstract sockets; elsewhere chance must do).
"""
import random
import socket

_names = []


def free_port(ports=range(20000, 30000)):
    for port in random.sample(ports, len(ports)):
        if _named('h2neg-test-port-%d' % port) and _free(port):
            return port
    raise OSError('no port is free')


def _named(name):
    s = socket.socket(socket.AF_UNIX)
    try:
        s.bind('\0' + name)
    except ValueError:  # no abstract sockets here
        pass
    except OSError:
        s.close()
        return False
    _names.append(s)
    return True


def _free(port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(('127.0.0.1', port))
        except OSError:
            return False
    return True


if __name__ == '__main__':
    print(free_port(range(30000, 32768)))  # whose name ends with this program: out of the others' way
