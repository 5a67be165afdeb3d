"""A stand-in for the mailbox server of magic-wormhole, which Debian does not package: the messages
of its protocol, in memory, on loopback. Prints its port once it listens. Run with Debian's own
python3, where magic-wormhole has brought autobahn and twisted along."""

import json
import time

from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from twisted.internet import reactor

nameplates = {}
mailboxes = {}


class Mailbox(WebSocketServerProtocol):
    side = None

    def onOpen(self):
        self.say("welcome", welcome={})

    def onMessage(self, payload, is_binary):
        asked = json.loads(payload.decode("utf-8"))
        self.say("ack", id=asked["id"])
        getattr(self, "on_" + asked["type"])(asked)

    def onClose(self, was_clean, code, reason):
        for box in mailboxes.values():
            box["open"].discard(self)

    def say(self, kind, **more):
        more.update(type=kind, server_tx=time.time())
        self.sendMessage(json.dumps(more).encode("utf-8"), False)

    def on_bind(self, asked):
        self.side = asked["side"]

    def on_list(self, asked):
        self.say("nameplates", nameplates=[{"id": name} for name in nameplates])

    def on_allocate(self, asked):
        name = str(len(mailboxes) + 1)
        self.boxed(name)
        self.say("allocated", nameplate=name)

    def on_claim(self, asked):
        self.say("claimed", mailbox=self.boxed(asked["nameplate"]))

    def boxed(self, name):
        box = nameplates.setdefault(name, "box-" + name)
        mailboxes.setdefault(box, {"open": set(), "said": []})
        return box

    def on_release(self, asked):
        self.say("released")

    def on_open(self, asked):
        self.box = mailboxes[asked["mailbox"]]
        self.box["open"].add(self)
        for said in self.box["said"]:
            self.say("message", **said)

    def on_add(self, asked):
        said = {"side": self.side, "phase": asked["phase"], "body": asked["body"], "id": asked["id"]}
        self.box["said"].append(said)
        for one in self.box["open"]:
            one.say("message", **said)

    def on_close(self, asked):
        self.say("closed")

    def on_ping(self, asked):
        self.say("pong", pong=asked["ping"])


factory = WebSocketServerFactory()
factory.protocol = Mailbox
port = reactor.listenTCP(0, factory, interface="127.0.0.1")
print(port.getHost().port, flush=True)
reactor.run()
