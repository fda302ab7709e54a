#include "tools/watch/terminal.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace tidegate::watch {
namespace {

constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";  // other screen, no cursor, no wrapping, clear
constexpr std::string_view kLeave = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";
// Terminals that know it show the frame at once; others ignore it.
constexpr std::string_view kBeginFrame = "\x1b[?2026h\x1b[H";
constexpr std::string_view kEndFrame = "\x1b[J\x1b[?2026l";

/// Keys pressed meanwhile would leave marks in the table.
bool set_echo(bool on) {
  termios settings{};
  if (isatty(STDIN_FILENO) == 0 || tcgetattr(STDIN_FILENO, &settings) != 0) return false;
  if (on) {
    settings.c_lflag |= ECHO;
  } else {
    if ((settings.c_lflag & ECHO) == 0) return false;
    settings.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  }
  return tcsetattr(STDIN_FILENO, TCSANOW, &settings) == 0;
}

}  // namespace

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd wait{descriptor, POLLOUT, 0};
      static_cast<void>(::poll(&wait, 1, -1));
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

Terminal::Terminal() {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* kind = std::getenv("TERM");
  colour_ = (no_colour == nullptr || *no_colour == '\0') && kind != nullptr && std::string_view(kind) != "dumb";
  enter();
}

Terminal::~Terminal() { leave(); }

View Terminal::view() const {
  View view;
  view.colour = colour_;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
    view.width = size.ws_col;
    view.height = size.ws_row;
  }
  return view;
}

bool Terminal::paint(const std::vector<std::string>& lines) {
  std::string frame(kBeginFrame);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) frame += "\r\n";
    frame += lines[i];
    frame += "\x1b[K";
  }
  frame += kEndFrame;
  return write_all(STDOUT_FILENO, frame);
}

void Terminal::enter() {
  if (set_echo(false)) echo_off_ = true;
  entered_ = true;
  static_cast<void>(write_all(STDOUT_FILENO, kEnter));
}

void Terminal::leave() {
  if (!entered_) return;
  entered_ = false;
  static_cast<void>(write_all(STDOUT_FILENO, kLeave));
  if (echo_off_) set_echo(true);
}

}  // namespace tidegate::watch
