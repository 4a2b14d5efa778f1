-- Content is kept as the very bytes that were signed and is read only as a whole; the writer makes it and its hash is beside it. As json the database would parse every
-- document once more on the way in, a tenth of an import.
drop trigger certificate_content_append_only on passport.certificate_content;
alter table passport.certificate_content alter column document type text using document::text;
create trigger certificate_content_append_only before update or delete on passport.certificate_content for each row execute function storage.refuse_change();
