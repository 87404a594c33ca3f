#include "connectors/secret_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/support/temp_dir.h"

namespace lianqing {
namespace {

namespace fs = std::filesystem;

class SecretFile : public ::testing::Test {
 protected:
  void TearDown() override { ::unsetenv("CREDENTIALS_DIRECTORY"); }
  std::string write(const std::string& name, const std::string& text, unsigned mode) {
    const std::string path = dir_.path() + "/" + name;
    std::ofstream(path) << text;
    fs::permissions(path, fs::perms{mode});
    return path;
  }
  std::string fault(const std::string& path) {
    const auto read = read_secret_file(path);
    return read ? "none" : read.error().what;
  }
  TempDir dir_;
};

TEST_F(SecretFile, IsForItsOwnerAlone) {
  EXPECT_EQ(*read_secret_file(write("a", "one\ntwo\n", 0600)), "one\ntwo\n");
  EXPECT_EQ(*read_secret_line(write("a", "one\r\ntwo\n", 0400)), "one");
  for (const unsigned mode : {0640U, 0604U, 0620U, 0602U, 0610U, 0644U}) {
    EXPECT_NE(fault(write("b", "x", mode)).find("chmod 600"), std::string::npos) << mode;
  }
  EXPECT_NE(fault(write("c", "", 0600)).find("no secret in it"), std::string::npos);
  EXPECT_FALSE(read_secret_line(write("c", "\nx\n", 0600)));
  EXPECT_NE(fault(dir_.path()).find("not a file to read"), std::string::npos);
  EXPECT_EQ(read_secret_file(dir_.path() + "/none").error().code, ErrorCode::io);
  EXPECT_NE(fault(write("d", std::string(70'000, 'x'), 0600)).find("not a file"),
            std::string::npos);
}

TEST_F(SecretFile, WhatSystemdHandsOverIsPrivateWhateverItsMode) {
  fs::create_directory(dir_.path() + "/run");
  const std::string outside = write("outside", "x", 0644);
  const std::string path = write("run/desk", "secret", 0440);
  EXPECT_NE(fault(path).find("chmod 600"), std::string::npos);
  EXPECT_NE(fault("$CREDENTIALS_DIRECTORY/desk").find("LoadCredential"), std::string::npos);
  ::setenv("CREDENTIALS_DIRECTORY", (dir_.path() + "/run").c_str(), 1);
  EXPECT_EQ(*read_secret_file(path), "secret");
  EXPECT_EQ(*read_secret_file("$CREDENTIALS_DIRECTORY/desk"), "secret");
  EXPECT_EQ(*read_secret_file("${CREDENTIALS_DIRECTORY}/desk"), "secret");
  // Not what only looks as if it lay there.
  fs::create_symlink(outside, dir_.path() + "/run/link");
  for (const char* away : {"/run/../outside", "/run/link", "/outside"}) {
    EXPECT_NE(fault(dir_.path() + away).find("chmod 600"), std::string::npos) << away;
  }
  fs::create_directory(dir_.path() + "/running");
  EXPECT_NE(fault(write("running/x", "x", 0644)).find("chmod 600"), std::string::npos);
}

}  // namespace
}  // namespace lianqing
