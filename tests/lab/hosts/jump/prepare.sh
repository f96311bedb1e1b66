chmod 600 /home/oper/.ssh/id_ed25519
