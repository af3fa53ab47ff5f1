print("hwsim")
