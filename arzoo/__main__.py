"""`python -m arzoo`, as launchers of several processes start it: `torchrun --nproc-per-node 2 -m arzoo sample NAME`."""

from arzoo.cli import main

if __name__ == "__main__":
    main()
