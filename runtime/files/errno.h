// The error numbers of Linux, which a C library was made for; what each means here is said where it
// is returned.
#pragma once

namespace tb {

enum class Errno : int {
  kNotPermitted = 1,        // EPERM
  kNoEntry = 2,             // ENOENT
  kNoSuchThread = 3,        // ESRCH
  kInterrupted = 4,         // EINTR
  kInputOutput = 5,         // EIO
  kTooLong = 7,             // E2BIG
  kBadDescriptor = 9,       // EBADF
  kNoChild = 10,            // ECHILD
  kAgain = 11,              // EAGAIN
  kNoMemory = 12,           // ENOMEM
  kAccess = 13,             // EACCES
  kBadAddress = 14,         // EFAULT
  kBusy = 16,               // EBUSY
  kExists = 17,             // EEXIST
  kCrossDevice = 18,        // EXDEV
  kNoDevice = 19,           // ENODEV
  kNotDirectory = 20,       // ENOTDIR
  kIsDirectory = 21,        // EISDIR
  kInvalid = 22,            // EINVAL
  kTooManyOpenSystem = 23,  // ENFILE
  kTooManyOpen = 24,        // EMFILE
  kNotTerminal = 25,        // ENOTTY
  kFileTooBig = 27,         // EFBIG
  kNoSpace = 28,            // ENOSPC
  kIllegalSeek = 29,        // ESPIPE
  kReadOnly = 30,           // EROFS
  kTooManyLinks = 31,       // EMLINK
  kBrokenPipe = 32,         // EPIPE
  kOutOfDomain = 33,        // EDOM
  kOutOfRange = 34,         // ERANGE
  kDeadlock = 35,           // EDEADLK
  kNameTooLong = 36,        // ENAMETOOLONG
  kNotSupported = 38,       // ENOSYS
  kNotEmpty = 39,           // ENOTEMPTY
  kLoop = 40,               // ELOOP
  kOverflow = 75,           // EOVERFLOW
  kNotASocket = 88,         // ENOTSOCK
  kNotSupportedHere = 95,   // EOPNOTSUPP
  kNoAddressFamily = 97,    // EAFNOSUPPORT
  kTimedOut = 110,          // ETIMEDOUT
};

}  // namespace tb
