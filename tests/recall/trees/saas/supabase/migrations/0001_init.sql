create table public.profiles (
  id uuid primary key references auth.users (id),
  email text, role text default 'user', plan text default 'free', digest boolean default true
);
alter table public.profiles enable row level security;
create policy "read all" on public.profiles for select using (true);
create policy "update own" on public.profiles for update using (auth.uid() = id);

create table public.projects (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid references public.profiles (id),
  name text
);

create table public.api_keys (id bigserial primary key, user_id uuid, key text);
alter table public.api_keys enable row level security;
create policy "own keys" on public.api_keys using (auth.uid() = user_id);
