-- Documents are looked up by what their commands moved, whatever kind they are of.
create index book_command_subject on storage.book_command (subject_id);
