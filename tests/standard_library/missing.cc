// What a machine without processes, sockets and users does not have: every call fails as its manual
// page says, and the program goes on. For the image only.
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/msg.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <initializer_list>
#include <iostream>
#include <thread>

#include "tests/standard_library/check.h"

namespace {

using tb::test::check;

// Shows how a call failed, and checks that it did, in one of the ways that are right.
template <class Call>
void refuse(const char* name, std::initializer_list<int> right, Call call) {
  errno = 0;
  const long result = static_cast<long>(call());
  const int error = errno;
  std::cout << name << ": " << (error == 0 ? "success" : strerrorname_np(error)) << std::endl;
  check(result == -1, "it returns -1");
  check(std::ranges::find(right, error) != right.end(), "it says why");
}

void refuse_processes() {
  refuse("fork", {ENOSYS}, [] { return fork(); });
  refuse("execve", {ENOSYS}, [] {
    char name[] = "/bin/true";
    char* const arguments[] = {name, nullptr};
    return execve(name, arguments, arguments + 1);
  });
  refuse("waitpid", {ECHILD, ENOSYS}, [] { return waitpid(-1, nullptr, 0); });
  refuse("kill of another", {ESRCH}, [] { return kill(12345, SIGTERM); });
  refuse("kill with no such signal", {EINVAL}, [] { return kill(getpid(), 9999); });
  refuse("system", {ENOSYS, EAGAIN, ENOMEM}, [] { return std::system("true") == 0 ? 0 : -1; });
  refuse("popen", {ENOSYS, EAGAIN, ENOMEM, EMFILE}, [] {
    std::FILE* const stream = popen("true", "r");
    return stream == nullptr ? -1 : 0;
  });
  refuse("ptrace", {ENOSYS, EPERM}, [] { return ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); });
}

void refuse_communication() {
  int ends[2];
  refuse("socket", {EAFNOSUPPORT, ENOSYS}, [] { return socket(AF_INET, SOCK_STREAM, 0); });
  refuse("local socket", {EAFNOSUPPORT, ENOSYS}, [] { return socket(AF_UNIX, SOCK_DGRAM, 0); });
  refuse("socketpair", {EAFNOSUPPORT, ENOSYS},
         [&] { return socketpair(AF_UNIX, SOCK_STREAM, 0, ends); });
  refuse("pipe", {ENOSYS}, [&] { return pipe(ends); });
  refuse("epoll_create1", {ENOSYS}, [] { return epoll_create1(0); });
  refuse("eventfd", {ENOSYS}, [] { return eventfd(0, 0); });
  refuse("timerfd_create", {ENOSYS}, [] { return timerfd_create(CLOCK_MONOTONIC, 0); });
  refuse("inotify_init1", {ENOSYS}, [] { return inotify_init1(0); });
  refuse("shmget", {ENOSYS}, [] { return shmget(IPC_PRIVATE, 4096, IPC_CREAT); });
  refuse("msgget", {ENOSYS}, [] { return msgget(IPC_PRIVATE, IPC_CREAT); });
}

void refuse_files() {
  refuse("open of nothing", {ENOENT}, [] { return open("/no/such/file", O_RDONLY); });
  refuse("chdir to nothing", {ENOENT, ENOSYS}, [] { return chdir("/no/such/folder"); });
  refuse("read of a closed file", {EBADF}, [] {
    char byte = 0;
    return read(99, &byte, 1);
  });
  refuse("write to a closed file", {EBADF}, [] { return write(99, "x", 1); });
  refuse("close of a closed file", {EBADF}, [] { return close(99); });
  refuse("opendir of nothing", {ENOENT},
         [] { return opendir("/no/such/folder") == nullptr ? -1 : 0; });
  refuse("size of the terminal", {ENOTTY, ENOSYS}, [] {
    winsize size{};
    return ioctl(0, TIOCGWINSZ, &size);
  });
  check(!std::ifstream("/no/such/file"), "nor does a stream open it");
}

void refuse_the_rest() {
  refuse("no such system call", {ENOSYS}, [] { return syscall(100'000); });
  refuse("chroot", {ENOSYS, EPERM}, [] { return chroot("/"); });
}

}  // namespace

int main() {
  refuse_processes();
  refuse_communication();
  refuse_files();
  refuse_the_rest();
  int turned = 0;
  std::thread([&turned] { turned = 1; }).join();
  check(turned == 1, "the program goes on");
  return tb::test::finish();
}
