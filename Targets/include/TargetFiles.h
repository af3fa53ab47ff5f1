// Device descriptions as bytes of the program.
#ifndef HWSIM_TARGET_FILES_H
#define HWSIM_TARGET_FILES_H

struct hwsim_target_file {
  const char *family;
  const char *id;
  const unsigned char *bytes;
  long count;
};

extern const long hwsim_target_file_count;

// The description at `index`, from 0 to the count less one.
struct hwsim_target_file hwsim_target_file_at(long index);

#endif
