"""A PostgreSQL of Debian's in a directory of its own, for tests; nothing of the machine's own is touched."""
import glob
import os
import pwd
import shutil
import subprocess
import tempfile


def binaries():
    """The newest server that is installed; none: the tests are left out and say so."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"))
    return os.path.dirname(found[-1]) if found else None


class Postgres:
    def __init__(self):
        self.bin = binaries()
        self.folder = tempfile.mkdtemp(prefix="lianqing-pg-")
        self.data = os.path.join(self.folder, "data")
        self.user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name  # never as root
        if os.geteuid() == 0:
            shutil.chown(self.folder, self.user)
        self.run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale", "C")
        with open(os.path.join(self.data, "postgresql.conf"), "a", encoding="utf-8") as file:
            file.write("listen_addresses = ''\nunix_socket_directories = '%s'\nfsync = off\nmax_prepared_transactions = 5\n"
                       "timezone = 'Asia/Shanghai'\ndatestyle = 'German'\n" % self.folder)
        self.connection = "host=%s user=postgres dbname=postgres" % self.folder
        self.start()

    def run(self, program, *args):
        options = {"user": self.user} if os.geteuid() == 0 else {}
        done = subprocess.run([os.path.join(self.bin, program), *args], cwd="/", stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, **options)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def start(self):
        log = os.path.join(self.folder, "log")
        self.run("pg_ctl", "-D", self.data, "-l", log, "-w", "-o", "-c max_connections=20", "start")

    def stop(self, mode="fast"):
        self.run("pg_ctl", "-D", self.data, "-w", "-m", mode, "stop")

    def end(self):
        try:
            self.stop("immediate")
        except AssertionError:
            pass
        shutil.rmtree(self.folder, ignore_errors=True)

    def ask(self, text):
        done = subprocess.run([os.path.join(self.bin, "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
                               self.connection, "-c", text], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def session(self):
        return Session(self)


class Session:
    """A connection that keeps a transaction open."""

    def __init__(self, server):
        self.process = subprocess.Popen([os.path.join(server.bin, "psql"), "-X", "-q", "-A", "-t", server.connection],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.marks = 0

    def ask(self, text):
        """Waits until it is done."""
        self.marks += 1
        self.process.stdin.write("%s;\n\\echo done-%d\n" % (text, self.marks))
        self.process.stdin.flush()
        out = []
        while True:
            line = self.process.stdout.readline()
            assert line, "psql has ended"
            if line.strip() == "done-%d" % self.marks:
                return "\n".join(out)
            out.append(line.strip())

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)
