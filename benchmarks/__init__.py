"""The benchmarks: this bot, a plain SDK bot and a bare handler, in the same rounds.

``python -m benchmarks --help`` tells what there is. How it is measured:

- Each server is a process of its own with its settings as shipped, on the first core; the load is
  made on the others. Linux only: it takes CPU clocks of other processes and a choice of cores.
- The load is people in personal Teams chats: "hi", a name, then more messages, each as soon as
  the one before was answered. A turn counts when its 2xx and its reply have come. Each reply is
  looked at: a server that answers anything else has no figures.
- CPU is that of all threads of the server, until a while after the last turn, so that work which
  it puts off counts too.
- Every case is measured once a round, right beside those it is compared with, and each round in
  another order. A ratio is the median of the ratios in the rounds: what disturbs the machine for a
  time disturbs both sides.
"""
