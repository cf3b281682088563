"""What people do in chats, turned into commands; and what they are told. The same for every platform."""
